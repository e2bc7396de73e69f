CREATE INDEX IF NOT EXISTS apps_by_account ON apps (account_no, created_at_ms)
