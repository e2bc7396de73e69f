CREATE TABLE IF NOT EXISTS group_assignments_ended (
  account_no  BIGINT NOT NULL,
  ended_seq   BIGINT NOT NULL,
  bot_no      BIGINT NOT NULL,
  role_no     BIGINT NOT NULL,
  group_no    BIGINT NOT NULL,
  began_at_ms BIGINT NOT NULL,
  began_seq   BIGINT NOT NULL,
  ended_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, ended_seq, bot_no, role_no, group_no)
)
