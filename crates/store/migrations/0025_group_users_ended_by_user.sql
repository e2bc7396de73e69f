CREATE INDEX IF NOT EXISTS group_users_ended_by_user ON group_users_ended (account_no, user_no, ended_at_ms)
