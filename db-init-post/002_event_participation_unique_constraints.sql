-- What may occur once: a slug within its organization; a class code and a race number within their event; a person and
-- a device within their entry. Race numbers are given late: any number of entries may still be without one.
-- The guard asks for the constraint on the table by name. A missing table must stay an error.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'events'::regclass AND conname = 'events_organization_slug_unique'
    ) THEN
        ALTER TABLE events ADD CONSTRAINT events_organization_slug_unique UNIQUE (organization, slug);
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'classes'::regclass AND conname = 'classes_event_code_unique'
    ) THEN
        ALTER TABLE classes ADD CONSTRAINT classes_event_code_unique UNIQUE (event, code);
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'entries'::regclass AND conname = 'entries_event_race_number_unique'
    ) THEN
        ALTER TABLE entries ADD CONSTRAINT entries_event_race_number_unique UNIQUE (event, race_number);
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'entry_crew'::regclass AND conname = 'entry_crew_entry_user_unique'
    ) THEN
        ALTER TABLE entry_crew ADD CONSTRAINT entry_crew_entry_user_unique UNIQUE (entry, "user");
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'entry_devices'::regclass AND conname = 'entry_devices_entry_device_unique'
    ) THEN
        ALTER TABLE entry_devices ADD CONSTRAINT entry_devices_entry_device_unique UNIQUE (entry, device);
    END IF;
END
$$;
