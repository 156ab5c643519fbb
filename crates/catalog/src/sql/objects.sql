-- One row a line: class, kind, name, definition. Runs with the settings that `sql::SETTINGS` pins; `{home}` is the quoted schema of
-- Directus' tables, `{home_name}` the same as a literal, `{own}` our bookkeeping, which is left out.
--
-- What the server prints differently between versions is built from columns instead: NOT NULL (P23), views (16 stopped to qualify
-- names in them; what they read makes up for that). What follows from something else is left out: the keys, indexes and triggers
-- of partitions, the functions of a range. Literals with a backslash are E'…', which any setting reads alike.
-- What hangs on a managed table and is in the snapshot goes by its meaning, without its name: a table that was renamed, or
-- made by clicking, has other names for the same keys.
WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e' OR deptype = 'i' AND classid = 'pg_proc'::regclass
), place AS MATERIALIZED (
    SELECT oid, nspname, nspname = {home_name} AS home, CASE nspname WHEN {home_name} THEN '' ELSE {name:nspname} || '.' END AS prefix
    FROM pg_namespace WHERE nspname !~ '^(pg_|_timescaledb|timescaledb_|information_schema$)'
), rel AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relispartition, c.relpartbound, c.relrowsecurity, c.relforcerowsecurity,
           p.prefix || {name:c.relname} AS name, p.home,
           CASE WHEN p.home AND starts_with(c.relname::text, 'directus_') THEN 'directus'
                WHEN p.home AND {tracked} THEN 'managed'
                ELSE 'db-only' END AS class
    FROM pg_class c JOIN place p ON p.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT (p.home AND c.relname = ANY ({own}))
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
), col AS MATERIALIZED (
    SELECT r.oid, r.relkind, r.name, a.attnum, {name:a.attname} AS attname, a.attnotnull, a.attgenerated, a.attidentity,
           CASE WHEN r.class = 'managed' AND NOT {field} THEN 'db-only' ELSE r.class END AS class,
           format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || quote_ident(l.collname) ELSE '' END AS type,
           pg_get_expr(d.adbin, d.adrelid) AS value
    FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
), parts AS MATERIALIZED (
    SELECT r.*, k.oid AS constraint_oid, k.conname, k.conindid,
           CASE WHEN r.class = 'managed' AND NOT (k.contype IN ('p', 'f') OR k.contype = 'u' AND cardinality(k.conkey) = 1)
                THEN 'db-only' ELSE r.class END AS part
    -- Newer servers list NOT NULL here too, and constraint triggers are triggers.
    FROM rel r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conparentid = 0
), indexes AS MATERIALIZED (
    SELECT r.name, x.relname, i.indexrelid, i.indisvalid,
           CASE WHEN r.class = 'managed' AND (i.indnkeyatts > 1 OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)
                THEN 'db-only' ELSE r.class END AS part
    FROM rel r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = r.oid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
), view AS MATERIALIZED (
    SELECT r.oid, pg_get_viewdef(r.oid) AS text, string_agg(DISTINCT i.identity, ' ' ORDER BY i.identity) AS reads
    FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid
    LEFT JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refobjid <> r.oid
    LEFT JOIN LATERAL (SELECT {same:identity} COLLATE "C" AS identity FROM pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid)) i ON true
    WHERE r.relkind IN ('v', 'm') GROUP BY r.oid
)
SELECT 'db-only' AS class, 'schema' AS kind, {name:nspname} AS name, '' AS definition
FROM place p WHERE NOT home AND nspname <> 'public'
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = p.oid)
UNION ALL
SELECT class, 'table', name, concat_ws(' ',
       CASE WHEN relkind = 'f' THEN 'foreign' END,
       CASE WHEN relpersistence = 'u' THEN 'unlogged' END,
       CASE WHEN relkind = 'p' THEN 'partition by ' || pg_get_partkeydef(oid) END,
       (SELECT CASE WHEN relispartition THEN 'partition of ' ELSE 'inherits ' END
               || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = rel.oid),
       pg_get_expr(relpartbound, oid),
       CASE WHEN relrowsecurity THEN 'row security' END, CASE WHEN relforcerowsecurity THEN 'forced' END)
FROM rel WHERE relkind NOT IN ('v', 'm')
UNION ALL
SELECT class, 'view', name, concat_ws(' ', CASE relkind WHEN 'm' THEN 'materialized' END,
       '(' || (SELECT string_agg(c.attname || ' ' || c.type, ', ' ORDER BY c.attnum) FROM col c WHERE c.oid = rel.oid) || ')',
       (SELECT string_agg(option, ' ' ORDER BY option COLLATE "C") FROM unnest((SELECT c.reloptions FROM pg_class c WHERE c.oid = rel.oid)) AS option),
       -- TimescaleDB numbers the table behind a continuous aggregate, which has a line of its own.
       CASE WHEN reads LIKE '%\_timescaledb\_%' THEN 'of timescaledb' ELSE 'as ' || md5(concat_ws(' ', {unqualified:text}, reads)) END)
FROM rel LEFT JOIN view USING (oid) WHERE relkind IN ('v', 'm')
UNION ALL
SELECT class, 'column', name || '.' || attname, concat_ws(' ', type, CASE WHEN attnotnull THEN 'not null' END,
       CASE WHEN class = 'managed' AND (attidentity <> '' OR starts_with(value, 'nextval(')) THEN 'auto increment'
            -- Directus writes it out; it is no default.
            WHEN class = 'managed' AND starts_with(value, 'NULL::') THEN NULL
            WHEN attidentity = 'a' THEN 'generated always as identity' WHEN attidentity = 'd' THEN 'generated by default as identity'
            WHEN attgenerated = 's' THEN 'generated always as (' || value || ') stored'
            WHEN attgenerated <> '' THEN 'generated always as (' || value || ')'
            ELSE 'default ' || value END)
FROM col WHERE relkind NOT IN ('v', 'm')
UNION ALL
SELECT part, 'constraint', CASE part WHEN 'managed' THEN name ELSE name || '.' || {name:conname} END, pg_get_constraintdef(constraint_oid)
FROM parts
UNION ALL
SELECT part, 'index', CASE part WHEN 'managed' THEN name ELSE name || '.' || {name:relname} END,
       CASE part WHEN 'managed' THEN replace(pg_get_indexdef(indexrelid), ' INDEX ' || quote_ident(relname) || ' ON ', ' INDEX ON ')
            ELSE pg_get_indexdef(indexrelid) END
       || CASE WHEN indisvalid THEN '' ELSE ' invalid' END
FROM indexes
UNION ALL
-- Directus makes none, not even on its own tables.
SELECT 'db-only', 'trigger', r.name || '.' || {name:t.tgname},
       pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' disabled' WHEN 'R' THEN ' replica' WHEN 'A' THEN ' always' ELSE '' END
FROM rel r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgparentid = 0
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = t.tgfoid)
UNION ALL
SELECT 'db-only', 'rule', r.name || '.' || {name:w.rulename}, pg_get_ruledef(w.oid)
FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
UNION ALL
SELECT 'db-only', 'policy', r.name || '.' || {name:y.polname}, concat_ws(' ',
       CASE WHEN NOT y.polpermissive THEN 'restrictive' END,
       'for ' || CASE y.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
       'to ' || coalesce((SELECT string_agg(quote_ident(o.rolname), ', ' ORDER BY o.rolname) FROM pg_roles o WHERE o.oid = ANY (y.polroles)), 'public'),
       'using (' || pg_get_expr(y.polqual, y.polrelid) || ')', 'with check (' || pg_get_expr(y.polwithcheck, y.polrelid) || ')')
FROM rel r JOIN pg_policy y ON y.polrelid = r.oid
UNION ALL
SELECT 'db-only', CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       p.prefix || {name:f.proname} || '(' || pg_get_function_identity_arguments(f.oid) || ')',
       concat_ws(' ', 'returns ' || pg_get_function_result(f.oid), 'language ' || l.lanname,
           CASE f.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END, CASE WHEN f.proisstrict THEN 'strict' END,
           CASE WHEN f.prosecdef THEN 'security definer' END, CASE WHEN f.proleakproof THEN 'leakproof' END,
           CASE f.proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' END,
           (SELECT string_agg('set ' || setting, ' ' ORDER BY setting COLLATE "C") FROM unnest(f.proconfig) AS setting),
           'as ' || md5(concat_ws(' ', f.prosrc, {same:pg_get_function_sqlbody(f.oid)}, {same:pg_get_expr(f.proargdefaults, 0)},
               (SELECT concat_ws(' ', g.aggtransfn::regproc, g.aggfinalfn::regproc, g.aggtranstype::regtype, g.agginitval)
                FROM pg_aggregate g WHERE g.aggfnoid = f.oid))))
FROM pg_proc f JOIN place p ON p.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = f.oid)
UNION ALL
SELECT 'db-only', 'type', p.prefix || {name:t.typname}, CASE t.typtype
       WHEN 'e' THEN 'enum (' || (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) || ')'
       WHEN 'd' THEN concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END,
            'default ' || pg_get_expr(t.typdefaultbin, 0),
            (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
       WHEN 'r' THEN 'range of ' || (SELECT format_type(g.rngsubtype, NULL) FROM pg_range g WHERE g.rngtypid = t.oid)
       ELSE '(' || (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
                    FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) || ')' END
FROM pg_type t JOIN place p ON p.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
UNION ALL
SELECT 'db-only', 'sequence', p.prefix || {name:c.relname},
       concat_ws(' ', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement, 'minvalue', s.seqmin, 'maxvalue', s.seqmax,
           'cache', s.seqcache, CASE WHEN s.seqcycle THEN 'cycle' END)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN place p ON p.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e')
                  AND (d.refobjsubid > 0 OR d.deptype = 'e'))
UNION ALL
SELECT 'db-only', 'statistics', p.prefix || {name:x.stxname}, pg_get_statisticsobjdef(x.oid)
FROM pg_statistic_ext x JOIN place p ON p.oid = x.stxnamespace
UNION ALL
SELECT 'db-only', 'extension', {name:extname}, '' FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL
-- By name alone.
SELECT 'db-only', replace(i.type, ' ', '-'), i.identity, ''
FROM (SELECT 'pg_collation'::regclass, oid FROM pg_collation UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
      UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
      UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict
      UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
      UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server) AS o (classid, objid)
CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, 0) AS i
-- The server's own have lower numbers.
WHERE o.objid >= 16384 AND NOT EXISTS (SELECT FROM member m WHERE (m.classid, m.objid) = (o.classid, o.objid))
