-- What Directus keeps about its collections, without the ids it gave them.
SELECT 'managed', 'collection', {name:collection}, to_jsonb(c)::text FROM {home}.directus_collections c
UNION ALL
SELECT 'managed', 'field', {name:collection} || '.' || {name:field}, (to_jsonb(f) - 'id')::text FROM {home}.directus_fields f
UNION ALL
SELECT 'managed', 'relation', {name:many_collection} || '.' || {name:many_field}, (to_jsonb(r) - 'id')::text FROM {home}.directus_relations r
UNION ALL
SELECT 'directus', 'system migration', version::text, '' FROM {home}.directus_migrations
