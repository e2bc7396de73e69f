-- Tokens that were used once and may not be used again, until they would expire anyway.
CREATE TABLE IF NOT EXISTS token_replays (
  app_id        TEXT   NOT NULL,
  jti_hash      TEXT   NOT NULL,
  expires_at_ms BIGINT NOT NULL,
  PRIMARY KEY (app_id, jti_hash)
)
