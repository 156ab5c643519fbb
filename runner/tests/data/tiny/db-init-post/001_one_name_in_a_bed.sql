-- Two plants of one name may stand in two beds, not in one.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'plants_bed_name_unique') THEN
        ALTER TABLE plants ADD CONSTRAINT plants_bed_name_unique UNIQUE (bed, name);
    END IF;
END
$$;
