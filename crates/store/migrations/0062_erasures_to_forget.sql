-- Requests that have ended and whose identifiers are still kept, over all accounts, the oldest first.
CREATE INDEX IF NOT EXISTS erasures_to_forget ON erasures (ended_at_ms) WHERE is_forgotten = 0 AND ended_at_ms IS NOT NULL
