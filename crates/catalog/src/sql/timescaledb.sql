-- Hypertables with their dimensions, their jobs, and continuous aggregates.
SELECT 'db-only', 'hypertable', CASE hypertable_schema WHEN {home_name} THEN '' ELSE {name:hypertable_schema} || '.' END
       || {name:hypertable_name} || '.' || {name:column_name},
       concat_ws(' ', 'every ' || coalesce(time_interval::text, integer_interval::text), num_partitions || ' partitions')
FROM timescaledb_information.dimensions WHERE hypertable_schema !~ '^_timescaledb'
UNION ALL
SELECT 'db-only', 'job', CASE j.hypertable_schema WHEN {home_name} THEN '' ELSE {name:j.hypertable_schema} || '.' END
       || {name:j.hypertable_name} || '.' || {name:j.proc_name},
       concat_ws(' ', 'every ' || j.schedule_interval, (j.config - 'hypertable_id' - 'mat_hypertable_id')::text)
FROM (SELECT coalesce(a.view_schema, j.hypertable_schema) AS hypertable_schema, coalesce(a.view_name, j.hypertable_name) AS hypertable_name,
             j.proc_name, j.schedule_interval, j.config
      FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.continuous_aggregates a
        ON (a.materialization_hypertable_schema, a.materialization_hypertable_name) = (j.hypertable_schema, j.hypertable_name)
      WHERE j.hypertable_name IS NOT NULL) AS j
UNION ALL
SELECT 'db-only', 'aggregate', CASE view_schema WHEN {home_name} THEN '' ELSE {name:view_schema} || '.' END || {name:view_name},
       concat_ws(' ', 'continuous', CASE WHEN materialized_only THEN 'materialized only' END,
           'as ' || md5({unqualified:view_definition}))
FROM timescaledb_information.continuous_aggregates
