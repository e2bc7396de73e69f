-- Looked up by its id before the account is known: the one table whose key does not begin with it.
CREATE TABLE IF NOT EXISTS apps (
  app_id                 TEXT   NOT NULL PRIMARY KEY,
  account_no             BIGINT NOT NULL,
  name                   TEXT   NOT NULL,
  kind                   TEXT   NOT NULL,
  algorithm              TEXT   NOT NULL,
  secret_sealed          TEXT,
  previous_secret_sealed TEXT,
  previous_until_ms      BIGINT,
  public_key             TEXT,
  enforces_jti           BIGINT NOT NULL,
  scopes                 TEXT   NOT NULL,
  bots                   TEXT   NOT NULL,
  is_enabled             BIGINT NOT NULL,
  expires_at_ms          BIGINT,
  created_at_ms          BIGINT NOT NULL
)
