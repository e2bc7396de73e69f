CREATE UNIQUE INDEX IF NOT EXISTS users_by_org_user_id ON users (account_no, org_user_id) WHERE removed_at_ms IS NULL AND org_user_id <> ''
