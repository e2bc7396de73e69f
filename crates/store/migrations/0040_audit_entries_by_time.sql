CREATE INDEX IF NOT EXISTS audit_entries_by_time ON audit_entries (account_no, at_ms, seq)
