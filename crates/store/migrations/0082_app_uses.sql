-- When each app called last, to the minute or so. A row of its own, so that noting it is no change of the app.
CREATE TABLE IF NOT EXISTS app_uses (
  account_no BIGINT NOT NULL,
  app_id     TEXT   NOT NULL,
  used_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, app_id)
)
