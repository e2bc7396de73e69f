-- bot_no is 0 for roles of type admin. began_seq is the audit entry that says who assigned it.
CREATE TABLE IF NOT EXISTS group_assignments (
  account_no  BIGINT NOT NULL,
  bot_no      BIGINT NOT NULL,
  role_no     BIGINT NOT NULL,
  group_no    BIGINT NOT NULL,
  began_at_ms BIGINT NOT NULL,
  began_seq   BIGINT NOT NULL,
  PRIMARY KEY (account_no, bot_no, role_no, group_no)
)
