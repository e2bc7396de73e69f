CREATE TABLE IF NOT EXISTS group_users_ended (
  account_no  BIGINT NOT NULL,
  ended_seq   BIGINT NOT NULL,
  group_no    BIGINT NOT NULL,
  user_no     BIGINT NOT NULL,
  began_at_ms BIGINT NOT NULL,
  began_seq   BIGINT NOT NULL,
  ended_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, ended_seq, group_no, user_no)
)
