-- Whom a hold is about, by keyed hash. Rows go when the hold is released.
CREATE TABLE IF NOT EXISTS hold_subjects (
  account_no   BIGINT NOT NULL,
  subject_hash TEXT   NOT NULL,
  hold_no      BIGINT NOT NULL,
  PRIMARY KEY (account_no, subject_hash, hold_no)
)
