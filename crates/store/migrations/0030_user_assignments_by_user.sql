CREATE INDEX IF NOT EXISTS user_assignments_by_user ON user_assignments (account_no, user_no, role_no, bot_no)
