CREATE UNIQUE INDEX IF NOT EXISTS bots_by_id ON bots (account_no, bot_id)
