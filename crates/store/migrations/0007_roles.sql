CREATE TABLE IF NOT EXISTS roles (
  account_no     BIGINT NOT NULL,
  role_no        BIGINT NOT NULL,
  role_id        TEXT   NOT NULL,
  role_type      TEXT   NOT NULL,
  name           TEXT   NOT NULL,
  name_folded    TEXT   NOT NULL,
  description    TEXT   NOT NULL,
  permissions    TEXT   NOT NULL,
  ref_id         TEXT   NOT NULL,
  is_built_in    BIGINT NOT NULL,
  created_at_ms  BIGINT NOT NULL,
  created_by     TEXT   NOT NULL,
  modified_at_ms BIGINT NOT NULL,
  modified_by    TEXT   NOT NULL,
  removed_at_ms  BIGINT,
  PRIMARY KEY (account_no, role_no)
)
