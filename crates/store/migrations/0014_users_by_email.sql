CREATE UNIQUE INDEX IF NOT EXISTS users_by_email ON users (account_no, email_folded) WHERE removed_at_ms IS NULL
