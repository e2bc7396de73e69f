CREATE TABLE IF NOT EXISTS group_groups_ended (
  account_no  BIGINT NOT NULL,
  ended_seq   BIGINT NOT NULL,
  group_no    BIGINT NOT NULL,
  member_no   BIGINT NOT NULL,
  began_at_ms BIGINT NOT NULL,
  began_seq   BIGINT NOT NULL,
  ended_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, ended_seq, group_no, member_no)
)
