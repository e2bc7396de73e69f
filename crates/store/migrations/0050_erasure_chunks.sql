-- The work list: keys of rows, sealed, some hundred to a chunk. Gone when the request has ended.
CREATE TABLE IF NOT EXISTS erasure_chunks (
  account_no BIGINT NOT NULL,
  erasure_no BIGINT NOT NULL,
  store      TEXT   NOT NULL,
  chunk_no   BIGINT NOT NULL,
  collection TEXT   NOT NULL,
  is_scoped  BIGINT NOT NULL,
  is_to_do   BIGINT NOT NULL,
  is_walked  BIGINT NOT NULL,
  n_keys     BIGINT NOT NULL,
  n_done     BIGINT NOT NULL,
  keys       TEXT   NOT NULL,
  PRIMARY KEY (account_no, erasure_no, store, chunk_no)
)
