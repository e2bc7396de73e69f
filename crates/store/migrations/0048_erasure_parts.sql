-- A request's part in each store: how far it is by itself, as a store that is down does not stop the others.
CREATE TABLE IF NOT EXISTS erasure_parts (
  account_no         BIGINT NOT NULL,
  erasure_no         BIGINT NOT NULL,
  store              TEXT   NOT NULL,
  state              TEXT   NOT NULL,
  cause              TEXT   NOT NULL,
  attempts           BIGINT NOT NULL,
  failing_since_ms   BIGINT NOT NULL,
  next_attempt_at_ms BIGINT NOT NULL,
  settle_until_ms    BIGINT NOT NULL,
  rescanned_at_ms    BIGINT NOT NULL,
  n_seeds_walked     BIGINT NOT NULL,
  n_rounds           BIGINT NOT NULL,
  plan_digest        TEXT   NOT NULL,
  notes              TEXT   NOT NULL,
  PRIMARY KEY (account_no, erasure_no, store)
)
