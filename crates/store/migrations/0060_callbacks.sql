-- Call-backs to be delivered: written with the change they tell of, taken out when delivered or given up.
CREATE TABLE IF NOT EXISTS callbacks (
  account_no         BIGINT NOT NULL,
  erasure_no         BIGINT NOT NULL,
  callback_no        BIGINT NOT NULL,
  url                TEXT   NOT NULL,
  body               TEXT   NOT NULL,
  attempts           BIGINT NOT NULL,
  made_at_ms         BIGINT NOT NULL,
  next_attempt_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, erasure_no, callback_no)
)
