-- Extensions that the schema stands on. The server must have loaded TimescaleDB at its start
-- (shared_preload_libraries).
CREATE EXTENSION IF NOT EXISTS timescaledb;
