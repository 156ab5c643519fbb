-- GPS positions, one row per device and instant. A hypertable, written by the ingest service and read by device and
-- time; Directus does not manage it. `device_id` is the IMEI, as the trackers send it: a position may arrive before
-- anybody has registered its device, so there is no foreign key.
CREATE TABLE IF NOT EXISTS positions (
    device_id  text             NOT NULL,
    ts         timestamptz      NOT NULL,
    latitude   double precision NOT NULL,
    longitude  double precision NOT NULL,
    altitude   real,
    angle      real,
    speed      real,
    satellites smallint,
    attributes jsonb            NOT NULL DEFAULT '{}',
    CONSTRAINT positions_pkey PRIMARY KEY (device_id, ts)
);

COMMENT ON TABLE positions IS 'GPS positions as the trackers sent them';
COMMENT ON COLUMN positions.device_id IS 'IMEI of the tracker';
COMMENT ON COLUMN positions.ts IS 'Time of the fix, by the tracker''s clock';
COMMENT ON COLUMN positions.altitude IS 'Metres above sea level';
COMMENT ON COLUMN positions.angle IS 'Heading in degrees, clockwise from north';
COMMENT ON COLUMN positions.speed IS 'Kilometres per hour';
COMMENT ON COLUMN positions.attributes IS 'What else the tracker sent, by its own names';

SELECT create_hypertable('positions', 'ts', if_not_exists => true, create_default_indexes => false);

-- "The last positions of one device", newest first, without a sort in any chunk.
CREATE INDEX IF NOT EXISTS positions_device_id_ts_desc ON positions (device_id, ts DESC);
