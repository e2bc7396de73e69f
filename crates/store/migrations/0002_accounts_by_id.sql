CREATE UNIQUE INDEX IF NOT EXISTS accounts_by_id ON accounts (account_id)
