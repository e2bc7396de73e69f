CREATE UNIQUE INDEX IF NOT EXISTS users_by_id ON users (account_no, user_id)
