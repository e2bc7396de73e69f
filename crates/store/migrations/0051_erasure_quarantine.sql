-- Rows that would not go: which collection, and the code and constraint that stood in the way.
CREATE TABLE IF NOT EXISTS erasure_quarantine (
  account_no BIGINT NOT NULL,
  erasure_no BIGINT NOT NULL,
  store      TEXT   NOT NULL,
  collection TEXT   NOT NULL,
  code       TEXT   NOT NULL,
  object     TEXT   NOT NULL,
  n_rows     BIGINT NOT NULL,
  PRIMARY KEY (account_no, erasure_no, store, collection, code, object)
)
