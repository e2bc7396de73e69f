-- The content stands last: on SQLite every column behind it would be read through all of it.
CREATE TABLE IF NOT EXISTS files (
  account_no    BIGINT NOT NULL,
  file_no       BIGINT NOT NULL,
  file_id       TEXT   NOT NULL,
  file_name     TEXT   NOT NULL,
  sha1          TEXT   NOT NULL,
  created_at_ms BIGINT NOT NULL,
  created_by    TEXT   NOT NULL,
  content       BYTES  NOT NULL,
  PRIMARY KEY (account_no, file_no)
)
