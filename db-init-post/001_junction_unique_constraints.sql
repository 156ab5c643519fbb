-- Each pair once: a person, a vehicle or a device belongs to an organization or does not. Directus cannot express a
-- composite UNIQUE in its snapshot, and leaves one alone that it finds.
-- The guard asks for the constraint on the table by name. A missing table must stay an error.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'organization_users'::regclass AND conname = 'organization_users_organization_user_unique'
    ) THEN
        ALTER TABLE organization_users ADD CONSTRAINT organization_users_organization_user_unique UNIQUE (organization, "user");
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'organization_vehicles'::regclass AND conname = 'organization_vehicles_organization_vehicle_unique'
    ) THEN
        ALTER TABLE organization_vehicles ADD CONSTRAINT organization_vehicles_organization_vehicle_unique UNIQUE (organization, vehicle);
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'organization_devices'::regclass AND conname = 'organization_devices_organization_device_unique'
    ) THEN
        ALTER TABLE organization_devices ADD CONSTRAINT organization_devices_organization_device_unique UNIQUE (organization, device);
    END IF;
END
$$;
