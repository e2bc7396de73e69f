CREATE UNIQUE INDEX IF NOT EXISTS groups_by_id ON groups (account_no, group_id)
