CREATE INDEX IF NOT EXISTS erasure_ledger_by_time ON erasure_ledger (account_no, entered_at_ms)
