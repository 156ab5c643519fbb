-- A fix that a plausibility check has found impossible. Kept, but left out of tracks and results.
ALTER TABLE positions ADD COLUMN IF NOT EXISTS faulty boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN positions.faulty IS 'True when the fix is known to be wrong';
