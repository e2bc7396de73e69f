CREATE UNIQUE INDEX IF NOT EXISTS sessions_by_user ON sessions (account_no, user_no, session_id)
