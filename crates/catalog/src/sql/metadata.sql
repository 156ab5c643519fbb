-- What Directus keeps about its collections, without the ids it gave them.
SELECT 'managed', 'collection', collection::text, to_jsonb(c)::text FROM {home}.directus_collections c
UNION ALL
SELECT 'managed', 'field', collection || '.' || field, (to_jsonb(f) - 'id')::text FROM {home}.directus_fields f
UNION ALL
SELECT 'managed', 'relation', many_collection || '.' || many_field, (to_jsonb(r) - 'id')::text FROM {home}.directus_relations r
UNION ALL
SELECT 'directus', 'system migration', version::text, '' FROM {home}.directus_migrations
