-- The query after all we could think of: chords before distances, times as bits and ranges of possible starts,
-- the cheapest and most selective conditions first. Survivors only, in one lateral query.
SELECT s.id, best.id, best.score
FROM rival.search AS s
CROSS JOIN LATERAL (
    SELECT t.id, round((
        %(acceptance)s * CASE s.group_wish WHEN 'no' THEN t.acceptance_no WHEN 'also' THEN t.acceptance_also
            ELSE t.acceptance_only END
        + %(distance)s * greatest(1 - greatest(d.km / s.max_km, ceil(s.overhead + s.per_km * d.km) / s.max_minutes), 0)
        + %(hours)s * (least(coalesce(bit_count(t.minutes & s.minutes), 0), 600) / 600.0::float8)
        + %(email)s * t.has_email::int) * 1e6) / 1e6 AS score
    FROM rival.therapist AS t
    CROSS JOIN LATERAL (SELECT round(asin(least(sqrt(
        (s.x - t.x) * (s.x - t.x) + (s.y - t.y) * (s.y - t.y) + (s.z - t.z) * (s.z - t.z)) / 2, 1))
        * 2 * 6371.0088 * 1000) / 1000 AS km) AS d
    WHERE t.lat BETWEEN s.lat_low AND s.lat_high AND t.lon BETWEEN s.lon_low AND s.lon_high
        AND t.is_contactable AND NOT t.has_open_inquiry
        AND t.paused_until < %(today)s AND t.last_contact_on <= %(contacted_before)s
        AND t.approvals & s.approvals <> 0
        AND (t.has_seat OR NOT s.needs_seat) AND NOT (t.has_seat AND s.needs_private)
        AND (s.needs_seat OR t.is_licensed)
        AND NOT (t.prefers_group AND s.group_wish = 'no')
        AND (s.wished_gender = 3 OR t.gender = s.wished_gender)
        AND (t.wished_gender = 3 OR t.wished_gender = s.gender)
        AND t.languages & s.languages <> 0
        AND s.age >= t.age_from AND (t.age_to IS NULL OR s.age <= t.age_to)
        AND (s.x - t.x) * (s.x - t.x) + (s.y - t.y) * (s.y - t.y) + (s.z - t.z) * (s.z - t.z) <= s.chord_limit
        AND (t.wishes IS NULL OR t.wishes && s.diagnosis)
        AND t.id <> ALL (s.excluded)
        AND (t.starts && s.starts) IS NOT FALSE
        AND d.km <= s.max_km AND ceil(s.overhead + s.per_km * d.km) <= s.max_minutes
    ORDER BY score DESC, t.id
    LIMIT %(top)s
) AS best
