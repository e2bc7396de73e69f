CREATE INDEX IF NOT EXISTS token_replays_by_expiry ON token_replays (expires_at_ms)
