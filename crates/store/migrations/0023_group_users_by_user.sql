CREATE INDEX IF NOT EXISTS group_users_by_user ON group_users (account_no, user_no, group_no)
