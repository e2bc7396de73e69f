-- A chain by hash: each entry's hash covers its fields and the hash before it. seq has no gaps.
CREATE TABLE IF NOT EXISTS audit_entries (
  account_no  BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  at_ms       BIGINT NOT NULL,
  event       TEXT   NOT NULL,
  actor       TEXT   NOT NULL,
  target      TEXT   NOT NULL,
  description TEXT   NOT NULL,
  before_json TEXT   NOT NULL,
  after_json  TEXT   NOT NULL,
  hash        TEXT   NOT NULL,
  PRIMARY KEY (account_no, seq)
)
