-- A reading that a plausibility check has found impossible. Kept, but left out of averages.
ALTER TABLE readings ADD COLUMN IF NOT EXISTS faulty boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN readings.faulty IS 'True when the reading is known to be wrong';
