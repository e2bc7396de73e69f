CREATE TABLE IF NOT EXISTS passkeys (
  account_no    BIGINT NOT NULL,
  user_no       BIGINT NOT NULL,
  credential_id TEXT   NOT NULL,
  passkey_id    TEXT   NOT NULL,
  name          TEXT   NOT NULL,
  algorithm     TEXT   NOT NULL,
  public_key    BYTES  NOT NULL,
  sign_count    BIGINT NOT NULL,
  made_at_ms    BIGINT NOT NULL,
  used_at_ms    BIGINT,
  PRIMARY KEY (account_no, user_no, credential_id)
)
