-- Requests to erase people's data. No identifier of anybody is in here; see erasure_subjects, and
-- is_forgotten for whether there is none left there either.
-- fence rises each time a worker takes the request, and every write of work asks for it.
CREATE TABLE IF NOT EXISTS erasures (
  account_no         BIGINT NOT NULL,
  erasure_no         BIGINT NOT NULL,
  erasure_id         TEXT   NOT NULL,
  state              TEXT   NOT NULL,
  cause              TEXT   NOT NULL,
  is_all_bots        BIGINT NOT NULL,
  bot_ids            TEXT   NOT NULL,
  grounds            TEXT   NOT NULL,
  wanted_plan        TEXT   NOT NULL,
  plan_hash          TEXT   NOT NULL,
  map_no             BIGINT NOT NULL,
  map_hash           TEXT   NOT NULL,
  is_approved        BIGINT NOT NULL,
  requested_at_ms    BIGINT NOT NULL,
  requested_by       TEXT   NOT NULL,
  updated_at_ms      BIGINT NOT NULL,
  not_before_ms      BIGINT NOT NULL,
  deadline_ms        BIGINT NOT NULL,
  ended_at_ms        BIGINT,
  callback_url       TEXT   NOT NULL,
  salt               TEXT   NOT NULL,
  holder             TEXT   NOT NULL,
  lease_until_ms     BIGINT NOT NULL,
  fence              BIGINT NOT NULL,
  attempts           BIGINT NOT NULL,
  next_attempt_at_ms BIGINT NOT NULL,
  is_forgotten       BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_no, erasure_no)
)
