-- Each pair once: a sensor stands beside a planting or does not. Directus cannot express a composite UNIQUE in its snapshot,
-- and leaves one alone that it finds. A missing table must stay an error.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'planting_sensors'::regclass AND conname = 'planting_sensors_planting_sensor_unique'
    ) THEN
        ALTER TABLE planting_sensors ADD CONSTRAINT planting_sensors_planting_sensor_unique UNIQUE (planting, sensor);
    END IF;
END
$$;
