-- One row per therapist; pauses, contacts and open inquiries are those of the whole contact group.
CREATE TABLE rival.therapist AS
WITH contact AS (
    SELECT t.contact_group_id AS id,
        max(greatest(t.last_email_at, t.last_call_at, t.last_talk_at, i.last)) AS last_contact,
        bool_or(coalesce(i.is_open, false)) AS has_open_inquiry,
        max(p.until) AS paused_until
    FROM therapists_therapist t
    LEFT JOIN (SELECT therapist_id, max(last_contact_at) AS last,
                   bool_or(status IN ('draft', 'released', 'sent')) AS is_open
               FROM matching_inquiry GROUP BY 1) i ON i.therapist_id = t.id
    LEFT JOIN (SELECT therapist_id, max(until) AS until FROM therapists_contactpause
               WHERE lifted_at IS NULL AND starts_on <= %(today)s AND until >= %(today)s
               GROUP BY 1) p ON p.therapist_id = t.id
    GROUP BY 1),
approval AS (
    SELECT therapist_id AS id, sum(1 << (array_position(ARRAY['VT', 'TP', 'AP', 'ST'], method::text) - 1
        + 4 * (age_group = 'minors')::int + 8 * (setting = 'group')::int))::int AS bits
    FROM therapists_approval GROUP BY 1)
SELECT t.id::int AS id, p.latitude AS lat, p.longitude AS lon,
    cosd(p.latitude) * cosd(p.longitude) AS x, cosd(p.latitude) * sind(p.longitude) AS y, sind(p.latitude) AS z,
    t.status = 'active' AND t.review_status = 'verified' AND t.do_not_contact_since IS NULL AS is_contactable,
    coalesce(c.paused_until, '-infinity'::date) AS paused_until,
    coalesce((c.last_contact AT TIME ZONE 'Europe/Berlin')::date, '-infinity'::date) AS last_contact_on,
    c.has_open_inquiry,
    t.seat <> 'none' AS has_seat, t.is_licensed,
    array_position(ARRAY['male', 'female', 'diverse', 'unknown'], t.gender::text) AS gender,
    array_position(ARRAY['male', 'female', 'any'], t.wished_gender::text) AS wished_gender,
    t.prefers_group, coalesce(a.bits, 0) AS approvals,
    rival.language_bits(t.languages) AS languages,
    t.wished_age_from::int AS age_from, nullif(t.wished_age_to, 0)::int AS age_to,
    NULL::int4multirange AS wishes,
    h.hours, h.starts, NULL::bit varying AS minutes,
    p.email <> '' AND (%(email_policy)s = 'published' OR t.email_permission_since IS NOT NULL) AS has_email,
    NULL::float8 AS acceptance_no, NULL::float8 AS acceptance_also, NULL::float8 AS acceptance_only
FROM therapists_therapist t
JOIN contact c ON c.id = t.contact_group_id
LEFT JOIN approval a ON a.id = t.id
LEFT JOIN therapists_workplace w ON w.therapist_id = t.id AND w.is_main
LEFT JOIN therapists_practice p ON p.id = w.practice_id
LEFT JOIN LATERAL (SELECT * FROM rival.week(
    (SELECT range_agg(int4range(weekday * 1500 + start_minute, weekday * 1500 + end_minute))
     FROM therapists_weeklyhours WHERE therapist_id = t.id AND kind = 'working'
         AND t.is_working_hours_known), %(shortest)s)) h ON true;
