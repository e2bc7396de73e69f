CREATE UNIQUE INDEX IF NOT EXISTS erasures_by_id ON erasures (erasure_id)
