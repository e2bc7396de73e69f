-- revision: raised once by each transaction that changed anything of the account.
-- next_no: the number the next user, group, role, bot or file of the account gets.
-- audit_seq, audit_hash: the head of the account's audit chain.
CREATE TABLE IF NOT EXISTS accounts (
  account_no    BIGINT NOT NULL PRIMARY KEY,
  account_id    TEXT   NOT NULL,
  org_id        TEXT   NOT NULL,
  name          TEXT   NOT NULL,
  owner_no      BIGINT NOT NULL,
  revision      BIGINT NOT NULL,
  next_no       BIGINT NOT NULL,
  n_users       BIGINT NOT NULL,
  audit_seq     BIGINT NOT NULL,
  audit_hash    TEXT   NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL
)
