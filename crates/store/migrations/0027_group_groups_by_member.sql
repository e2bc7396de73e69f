CREATE INDEX IF NOT EXISTS group_groups_by_member ON group_groups (account_no, member_no, group_no)
