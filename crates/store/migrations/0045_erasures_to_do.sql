-- What workers look for, over all accounts: what has not ended, by when it is next due.
CREATE INDEX IF NOT EXISTS erasures_to_do ON erasures (next_attempt_at_ms) WHERE ended_at_ms IS NULL
