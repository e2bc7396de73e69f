-- Who asked to be forgotten: a keyed hash, and when. Written before anything is erased, and kept.
CREATE TABLE IF NOT EXISTS erasure_ledger (
  account_no    BIGINT NOT NULL,
  subject_hash  TEXT   NOT NULL,
  erasure_no    BIGINT NOT NULL,
  entered_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, subject_hash, erasure_no)
)
