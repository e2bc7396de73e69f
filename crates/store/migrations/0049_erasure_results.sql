-- How each subject's data in each store fared, in rows.
CREATE TABLE IF NOT EXISTS erasure_results (
  account_no    BIGINT NOT NULL,
  erasure_no    BIGINT NOT NULL,
  ordinal       BIGINT NOT NULL,
  store         TEXT   NOT NULL,
  outcome       TEXT   NOT NULL,
  cause         TEXT   NOT NULL,
  n_found       BIGINT NOT NULL,
  n_erased      BIGINT NOT NULL,
  n_masked      BIGINT NOT NULL,
  n_quarantined BIGINT NOT NULL,
  n_refound     BIGINT NOT NULL,
  PRIMARY KEY (account_no, erasure_no, ordinal, store)
)
