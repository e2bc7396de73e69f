-- Keys that sign receipts and call-backs. The newest signs; the public halves of all are shown.
CREATE TABLE IF NOT EXISTS receipt_keys (
  key_no     BIGINT NOT NULL PRIMARY KEY,
  key_id     TEXT   NOT NULL,
  public_key TEXT   NOT NULL,
  sealed     TEXT   NOT NULL,
  made_at_ms BIGINT NOT NULL
)
