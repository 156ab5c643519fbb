-- What may occur once: a slug within its garden; a bed's code and a planting's number within their season. Numbers are given
-- late: any number of plantings may still be without one.

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'seasons'::regclass AND conname = 'seasons_garden_slug_unique'
    ) THEN
        ALTER TABLE seasons ADD CONSTRAINT seasons_garden_slug_unique UNIQUE (garden, slug);
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'beds'::regclass AND conname = 'beds_season_code_unique'
    ) THEN
        ALTER TABLE beds ADD CONSTRAINT beds_season_code_unique UNIQUE (season, code);
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'plantings'::regclass AND conname = 'plantings_season_number_unique'
    ) THEN
        ALTER TABLE plantings ADD CONSTRAINT plantings_season_number_unique UNIQUE (season, number);
    END IF;
END
$$;
