-- Boxes, bits and the order on disk: neighbours lie next to each other, as in the engine's spatial index.
UPDATE rival.search SET chord_limit = 4 * power(sin(least(reach, 20000) / 2 / 6371.0088), 2),
    lat_low = lat - reach / 111.19, lat_high = lat + reach / 111.19,
    lon_low = lon - reach / 111.19 / cosd(abs(lat) + 1), lon_high = lon + reach / 111.19 / cosd(abs(lat) + 1)
FROM (SELECT id, least(max_km, greatest(max_minutes - overhead, 0) / per_km) + 0.01 AS reach
      FROM rival.search) AS r
WHERE r.id = search.id;

UPDATE rival.therapist SET minutes = rival.bits(hours, %(low)s, %(width)s) WHERE hours IS NOT NULL;
UPDATE rival.search SET minutes = rival.bits(hours, %(low)s, %(width)s) WHERE hours IS NOT NULL;

CREATE TABLE rival.sorted AS SELECT * FROM rival.therapist ORDER BY floor(lat * 10), lon, id;
DROP TABLE rival.therapist;
ALTER TABLE rival.sorted RENAME TO therapist;
CREATE TABLE rival.sorted AS SELECT * FROM rival.search ORDER BY floor(lat * 10), lon, id;
DROP TABLE rival.search;
ALTER TABLE rival.sorted RENAME TO search;

CREATE UNIQUE INDEX ON rival.therapist (id);
CREATE UNIQUE INDEX ON rival.search (id);
CREATE INDEX therapist_near ON rival.therapist (lat, lon) WHERE is_contactable AND NOT has_open_inquiry;
CREATE INDEX IF NOT EXISTS rival_practice_near ON therapists_practice (latitude, longitude);
ANALYZE;
