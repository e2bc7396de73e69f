-- member_no is a group inside group_no; its members hold what group_no holds.
CREATE TABLE IF NOT EXISTS group_groups (
  account_no  BIGINT NOT NULL,
  group_no    BIGINT NOT NULL,
  member_no   BIGINT NOT NULL,
  began_at_ms BIGINT NOT NULL,
  began_seq   BIGINT NOT NULL,
  PRIMARY KEY (account_no, group_no, member_no)
)
