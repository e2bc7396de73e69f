-- Whom a request is about. The identifier is sealed, and gone some time after the request has ended;
-- the keyed hash stays.
CREATE TABLE IF NOT EXISTS erasure_subjects (
  account_no   BIGINT NOT NULL,
  erasure_no   BIGINT NOT NULL,
  ordinal      BIGINT NOT NULL,
  subject      TEXT   NOT NULL,
  subject_hash TEXT   NOT NULL,
  outcome      TEXT   NOT NULL,
  cause        TEXT   NOT NULL,
  PRIMARY KEY (account_no, erasure_no, ordinal)
)
