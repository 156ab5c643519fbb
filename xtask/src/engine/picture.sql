-- What a database has beside rows, of the kinds that migrations and Directus make: one line a thing, with its owner and its grants. Two moments of one database are compared, on
-- any version of Postgres; so what is asked is what the server says of itself. Statistics and the members of extensions are left out, and of
-- TimescaleDB's tables those which are its own bookkeeping are such members; chunks are not.
WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), place AS MATERIALIZED (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), rel AS MATERIALIZED (
    SELECT c.*, format('%I.%I', p.nspname, c.relname) AS name
    FROM pg_class c JOIN place p ON p.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
)
SELECT translate(line, E'\n\r', '  ') FROM (
    SELECT concat_ws(' ', 'schema', n.nspname, n.nspowner::regrole, n.nspacl) AS line
    FROM pg_namespace n JOIN place USING (oid)
    UNION ALL
    SELECT concat_ws(' ', 'extension', e.extname, e.extversion, e.extnamespace::regnamespace) FROM pg_extension e
    UNION ALL
    SELECT concat_ws(' ', 'relation', name, relkind, relpersistence, relreplident, relowner::regrole, relacl, reloptions,
                     CASE WHEN relrowsecurity THEN 'row security' END, CASE WHEN relforcerowsecurity THEN 'forced' END,
                     pg_get_expr(relpartbound, oid), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END)
    FROM rel
    UNION ALL
    SELECT concat_ws(' ', 'column', r.name || '.' || a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
                     CASE WHEN a.attnotnull THEN 'not null' END, pg_get_expr(d.adbin, d.adrelid),
                     'generated ' || nullif(a.attgenerated::text, ''), 'identity ' || nullif(a.attidentity::text, ''),
                     nullif(a.attcollation, 0)::regcollation, a.attstorage, a.attacl, a.attoptions)
    FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    UNION ALL
    SELECT concat_ws(' ', 'constraint', coalesce(r.name, k.contypid::regtype::text) || '.' || k.conname, pg_get_constraintdef(k.oid),
                     CASE WHEN NOT k.convalidated THEN 'not valid' END)
    FROM pg_constraint k LEFT JOIN rel r ON r.oid = k.conrelid
    WHERE r.oid IS NOT NULL OR k.contypid <> 0 AND k.connamespace IN (SELECT oid FROM place)
    UNION ALL
    SELECT concat_ws(' ', 'index', r.name, pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END,
                     CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'identity' END)
    FROM rel r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL
    SELECT concat_ws(' ', 'trigger', r.name, pg_get_triggerdef(t.oid), t.tgenabled)
    FROM rel r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT concat_ws(' ', 'rule', pg_get_ruledef(w.oid), w.ev_enabled)
    FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT concat_ws(' ', 'policy', r.name || '.' || p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[],
                     pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM rel r JOIN pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT concat_ws(' ', 'statistics', pg_get_statisticsobjdef(s.oid)) FROM rel r JOIN pg_statistic_ext s ON s.stxrelid = r.oid
    UNION ALL
    SELECT concat_ws(' ', 'function', f.oid::regprocedure, f.proowner::regrole, f.proacl,
                     CASE WHEN f.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(f.oid) END)
    FROM pg_proc f JOIN place p ON p.oid = f.pronamespace
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = f.oid)
    UNION ALL
    SELECT concat_ws(' ', 'type', t.oid::regtype, t.typtype, t.typowner::regrole, t.typacl, nullif(t.typbasetype, 0)::regtype, t.typdefault,
                     (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t JOIN place p ON p.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r')
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
    UNION ALL
    SELECT concat_ws(' ', 'sequence', q.schemaname || '.' || q.sequencename, q.sequenceowner, q.data_type, q.start_value, q.min_value,
                     q.max_value, q.increment_by, q.cycle, q.cache_size, q.last_value)
    FROM pg_sequences q
    WHERE q.schemaname IN (SELECT nspname FROM place) AND q.schemaname !~ '^_timescaledb'
    UNION ALL
    SELECT concat_ws(' ', 'comment', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
    FROM pg_description d
    WHERE d.objoid >= 16384
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classoid AND m.objid = d.objoid)
    UNION ALL
    SELECT concat_ws(' ', 'event trigger', e.evtname, e.evtevent, e.evtfoid::regprocedure, e.evtenabled, e.evttags) FROM pg_event_trigger e
    UNION ALL
    SELECT concat_ws(' ', 'publication', p.pubname, p.puballtables) FROM pg_publication p
    UNION ALL
    SELECT concat_ws(' ', 'default grant', d.defaclrole::regrole, d.defaclnamespace, d.defaclobjtype, d.defaclacl) FROM pg_default_acl d
    UNION ALL
    SELECT concat_ws(' ', 'setting', s.setrole, s.setconfig)
    FROM pg_db_role_setting s JOIN pg_database b ON b.oid = s.setdatabase WHERE b.datname = current_database()
) AS of_all (line)
