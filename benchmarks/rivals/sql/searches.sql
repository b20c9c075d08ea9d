-- One row per search that may be planned for.
CREATE TABLE rival.search AS
WITH consented AS (
    SELECT patient_id FROM patients_consent
    WHERE purpose IN ('health_data', 'pseudonymous') AND withdrawn_on IS NULL AND given_on <= %(today)s
    GROUP BY 1 HAVING count(DISTINCT purpose) = 2)
SELECT s.id::int AS id, p.id::int AS patient_id, p.latitude AS lat, p.longitude AS lon,
    cosd(p.latitude) * cosd(p.longitude) AS x, cosd(p.latitude) * sind(p.longitude) AS y, sind(p.latitude) AS z,
    coalesce(p.max_distance_km, CASE WHEN p.max_travel_minutes IS NULL THEN %(default_km)s END, 'Infinity')::float8
        AS max_km,
    coalesce(p.max_travel_minutes, 'Infinity'::float8) AS max_minutes, p.travel_mode,
    extract(year FROM age(%(today)s::date, p.birth_date))::int AS age,
    p.insurance_kind = 'gkv' AND NOT s.is_kostenerstattung AS needs_seat,
    p.insurance_kind = 'gkv' AND s.is_kostenerstattung AS needs_private,
    array_position(ARRAY['male', 'female', 'diverse', 'not_stated'], p.gender::text) AS gender,
    array_position(ARRAY['male', 'female', 'any'], p.wished_gender::text) AS wished_gender,
    p.wished_methods::text[] AS methods, p.group_wish,
    rival.language_bits(p.languages) AS languages, h.hours, h.starts, NULL::bit varying AS minutes,
    NULL::int4range AS diagnosis, 0 AS approvals,
    NULL::float8 AS overhead, NULL::float8 AS per_km, NULL::float8 AS chord_limit,
    NULL::float8 AS lat_low, NULL::float8 AS lat_high, NULL::float8 AS lon_low, NULL::float8 AS lon_high,
    coalesce((SELECT array_agg(therapist_id::int) FROM (
        SELECT therapist_id FROM matching_therapistexclusion WHERE patient_id = p.id
        UNION SELECT r.therapist_id FROM matching_placementrequest r
            JOIN matching_placementsearch o ON o.id = r.search_id
            WHERE o.patient_id = p.id AND r.locked_until >= %(today)s) x), '{}') AS excluded
FROM matching_placementsearch s
JOIN patients_patient p ON p.id = s.patient_id
JOIN consented k ON k.patient_id = p.id
LEFT JOIN LATERAL (SELECT * FROM rival.week(
    (SELECT range_agg(int4range(weekday * 1500 + start_minute, weekday * 1500 + end_minute))
     FROM patients_availability WHERE patient_id = p.id AND p.is_availability_known), %(shortest)s)) h ON true
WHERE s.status = 'active' AND (s.paused_from IS NULL OR s.paused_from > %(today)s OR s.paused_until < %(today)s);
