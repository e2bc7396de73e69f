-- Links that let a person set a password once. Only the hash of what a link says is kept, and a newer
-- link of a person takes the place of an older one.
CREATE TABLE IF NOT EXISTS one_time_links (
  account_no    BIGINT NOT NULL,
  user_no       BIGINT NOT NULL,
  link_hash     TEXT   NOT NULL,
  made_by       TEXT   NOT NULL,
  made_at_ms    BIGINT NOT NULL,
  expires_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, user_no)
)
