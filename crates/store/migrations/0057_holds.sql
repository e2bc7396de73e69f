-- Holds: while one is in force, nothing of its subjects is erased.
CREATE TABLE IF NOT EXISTS holds (
  account_no     BIGINT NOT NULL,
  hold_no        BIGINT NOT NULL,
  hold_id        TEXT   NOT NULL,
  reason         TEXT   NOT NULL,
  placed_at_ms   BIGINT NOT NULL,
  placed_by      TEXT   NOT NULL,
  released_at_ms BIGINT,
  PRIMARY KEY (account_no, hold_no)
)
