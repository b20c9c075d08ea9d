-- Helpers that prepare the rival's tables; none of them runs in a measured query.
DROP TABLE IF EXISTS rival.therapist, rival.search, rival.sorted;
DROP FUNCTION IF EXISTS rival.language_bits, rival.week, rival.bits;

CREATE FUNCTION rival.language_bits(codes varchar[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(1 << (array_position(%(languages)s::text[], code::text) - 1)), 1)::int
    FROM unnest(codes) AS code $$;
CREATE FUNCTION rival.week(week int4multirange, shortest int)
RETURNS TABLE (hours int4multirange, starts int4multirange) LANGUAGE sql IMMUTABLE AS $$
    SELECT week, coalesce(range_agg(int4range(lower(piece), upper(piece) - shortest + 1))
        FILTER (WHERE upper(piece) - lower(piece) >= shortest), '{}')
    FROM unnest(week) AS piece WHERE week IS NOT NULL GROUP BY week $$;
CREATE FUNCTION rival.bits(week int4multirange, low int, width int) RETURNS bit varying LANGUAGE sql IMMUTABLE AS $$
    SELECT (string_agg(repeat('0', first - before) || repeat('1', last - first), '' ORDER BY first)
        || repeat('0', 7 * width - max(last)))::bit varying
    FROM (SELECT first, last, lag(last, 1, 0) OVER (ORDER BY first) AS before
          FROM (SELECT lower(piece) / 1500 * width + mod(lower(piece), 1500) - low AS first,
                    (upper(piece) - 1) / 1500 * width + mod(upper(piece) - 1, 1500) - low + 1 AS last
                FROM unnest(week) AS piece) AS pieces) AS gaps $$;
