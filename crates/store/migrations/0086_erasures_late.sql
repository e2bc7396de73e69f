-- What has not ended and was due: few of an account's, and asked for with each look at its overview.
CREATE INDEX IF NOT EXISTS erasures_late ON erasures (account_no, deadline_ms, erasure_no) WHERE ended_at_ms IS NULL
