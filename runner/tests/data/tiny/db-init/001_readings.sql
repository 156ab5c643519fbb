-- What a weather station sends: written by another program, and not managed by Directus.
DO $$ BEGIN CREATE TYPE weather AS ENUM ('dry', 'wet'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE IF NOT EXISTS readings (
    station  text             NOT NULL,
    ts       timestamptz      NOT NULL,
    degrees  double precision NOT NULL DEFAULT 0,
    sky      weather,
    celsius  double precision GENERATED ALWAYS AS (degrees) STORED,
    CONSTRAINT readings_pkey PRIMARY KEY (station, ts),
    CONSTRAINT readings_degrees_check CHECK (degrees BETWEEN -90 AND 60)
);
CREATE INDEX IF NOT EXISTS readings_ts ON readings (ts DESC) WHERE sky IS NOT NULL;
CREATE OR REPLACE VIEW warm_readings AS SELECT station, ts, degrees FROM readings WHERE degrees > 20;
CREATE OR REPLACE FUNCTION forget_readings() RETURNS void LANGUAGE sql AS $$ DELETE FROM readings $$;
