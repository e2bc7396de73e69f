CREATE TABLE IF NOT EXISTS groups (
  account_no    BIGINT NOT NULL,
  group_no      BIGINT NOT NULL,
  group_id      TEXT   NOT NULL,
  name          TEXT   NOT NULL,
  name_folded   TEXT   NOT NULL,
  description   TEXT   NOT NULL,
  created_at_ms BIGINT NOT NULL,
  removed_at_ms BIGINT,
  PRIMARY KEY (account_no, group_no)
)
