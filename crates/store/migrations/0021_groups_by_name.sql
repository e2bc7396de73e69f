CREATE UNIQUE INDEX IF NOT EXISTS groups_by_name ON groups (account_no, name_folded) WHERE removed_at_ms IS NULL
