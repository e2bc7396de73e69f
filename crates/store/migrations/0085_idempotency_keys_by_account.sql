CREATE INDEX IF NOT EXISTS idempotency_keys_by_account ON idempotency_keys (account_no, forget_at_ms)
