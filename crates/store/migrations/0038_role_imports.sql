-- What an import replaced, so that it can be reverted.
CREATE TABLE IF NOT EXISTS role_imports (
  account_no     BIGINT NOT NULL,
  import_id      TEXT   NOT NULL,
  role_type      TEXT   NOT NULL,
  undo           TEXT   NOT NULL,
  created_at_ms  BIGINT NOT NULL,
  created_by     TEXT   NOT NULL,
  reverted_at_ms BIGINT,
  PRIMARY KEY (account_no, import_id)
)
