CREATE UNIQUE INDEX IF NOT EXISTS holds_by_id ON holds (hold_id)
