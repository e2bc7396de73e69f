CREATE UNIQUE INDEX IF NOT EXISTS bots_by_name ON bots (account_no, name_folded) WHERE removed_at_ms IS NULL
