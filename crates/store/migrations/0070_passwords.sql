-- phrase: how the password was hashed, with what it was salted, and the hash.
CREATE TABLE IF NOT EXISTS passwords (
  account_no BIGINT NOT NULL,
  user_no    BIGINT NOT NULL,
  phrase     TEXT   NOT NULL,
  set_at_ms  BIGINT NOT NULL,
  PRIMARY KEY (account_no, user_no)
)
