CREATE TABLE IF NOT EXISTS group_users (
  account_no  BIGINT NOT NULL,
  group_no    BIGINT NOT NULL,
  user_no     BIGINT NOT NULL,
  began_at_ms BIGINT NOT NULL,
  began_seq   BIGINT NOT NULL,
  PRIMARY KEY (account_no, group_no, user_no)
)
