-- How often a sign-in failed lately. The key is a keyed hash cut short, so there are only so many rows
-- whatever strangers type.
CREATE TABLE IF NOT EXISTS sign_in_tries (
  try_key    TEXT   NOT NULL PRIMARY KEY,
  n          BIGINT NOT NULL,
  until_ms   BIGINT NOT NULL
)
