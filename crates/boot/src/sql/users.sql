-- Users, and active administrators: by a policy of their own, of their role, or of a role above it (D25).
SELECT (SELECT count(*) FROM {home}.directus_users), count(DISTINCT roles.user_id)
FROM (WITH RECURSIVE roles AS (
        SELECT u.id AS user_id, u.role AS role FROM {home}.directus_users u WHERE u.status = 'active'
        UNION
        SELECT roles.user_id, r.parent FROM roles JOIN {home}.directus_roles r ON r.id = roles.role WHERE r.parent IS NOT NULL
      ) SELECT * FROM roles) AS roles
JOIN {home}.directus_access a ON a.role = roles.role OR a."user" = roles.user_id
JOIN {home}.directus_policies p ON p.id = a.policy
WHERE p.admin_access
