CREATE TABLE IF NOT EXISTS files (
  account_no    BIGINT NOT NULL,
  file_no       BIGINT NOT NULL,
  file_id       TEXT   NOT NULL,
  file_name     TEXT   NOT NULL,
  sha1          TEXT   NOT NULL,
  content       BYTES  NOT NULL,
  created_at_ms BIGINT NOT NULL,
  created_by    TEXT   NOT NULL,
  PRIMARY KEY (account_no, file_no)
)
