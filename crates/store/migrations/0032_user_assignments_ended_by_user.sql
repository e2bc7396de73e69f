CREATE INDEX IF NOT EXISTS user_assignments_ended_by_user ON user_assignments_ended (account_no, user_no, ended_at_ms)
