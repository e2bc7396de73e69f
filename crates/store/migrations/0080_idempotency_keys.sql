-- Calls that come with a key so that they are done once. claim is whose attempt counts, first_seq the first audit
-- entry of what was changed (0: nothing yet), answer what was answered, sealed (empty: not yet, or too big to keep).
CREATE TABLE IF NOT EXISTS idempotency_keys (
  account_no     BIGINT NOT NULL,
  key_hash       TEXT   NOT NULL,
  payload_hash   TEXT   NOT NULL,
  claim          TEXT   NOT NULL,
  lease_until_ms BIGINT NOT NULL,
  forget_at_ms   BIGINT NOT NULL,
  first_seq      BIGINT NOT NULL,
  answer         TEXT   NOT NULL,
  PRIMARY KEY (account_no, key_hash)
)
