CREATE INDEX IF NOT EXISTS group_assignments_by_group ON group_assignments (account_no, group_no, role_no, bot_no)
