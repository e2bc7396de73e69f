-- For finding members whatever the case of an id: a store whose columns ignore case would take one for the other.
CREATE INDEX IF NOT EXISTS users_by_org_user_id_any_case ON users (account_no, LOWER(org_user_id)) WHERE removed_at_ms IS NULL AND org_user_id <> ''
