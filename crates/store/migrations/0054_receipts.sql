-- Sealed receipts, each with the hash of the one before it in its account.
CREATE TABLE IF NOT EXISTS receipts (
  account_no   BIGINT NOT NULL,
  receipt_no   BIGINT NOT NULL,
  erasure_no   BIGINT NOT NULL,
  hash         TEXT   NOT NULL,
  jws          TEXT   NOT NULL,
  sealed_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, receipt_no)
)
