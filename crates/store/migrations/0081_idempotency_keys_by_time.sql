CREATE INDEX IF NOT EXISTS idempotency_keys_by_time ON idempotency_keys (forget_at_ms)
