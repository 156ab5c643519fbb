-- The checksum by way of JSON: the bash version's table has none.
SELECT 'ledger', 'migration', filename::text, coalesce(to_jsonb(l)->>'checksum', '') FROM {ledger}.migrations_applied l
