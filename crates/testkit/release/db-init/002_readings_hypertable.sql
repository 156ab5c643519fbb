-- What the sensors measure, one row per sensor and instant. A hypertable; Directus does not manage it. `sensor_id` is the
-- serial number: a reading may arrive before anybody has registered its sensor, so there is no foreign key.
CREATE TABLE IF NOT EXISTS readings (
    sensor_id   text             NOT NULL,
    ts          timestamptz      NOT NULL,
    temperature double precision NOT NULL,
    moisture    double precision NOT NULL,
    battery     real,
    attributes  jsonb            NOT NULL DEFAULT '{}',
    CONSTRAINT readings_pkey PRIMARY KEY (sensor_id, ts)
);

COMMENT ON TABLE readings IS 'What the sensors measured';

SELECT create_hypertable('readings', 'ts', if_not_exists => true, create_default_indexes => false);

CREATE INDEX IF NOT EXISTS readings_sensor_id_ts_desc ON readings (sensor_id, ts DESC);
