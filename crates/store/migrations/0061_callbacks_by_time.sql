CREATE INDEX IF NOT EXISTS callbacks_by_time ON callbacks (next_attempt_at_ms)
