CREATE TABLE IF NOT EXISTS bots (
  account_no       BIGINT NOT NULL,
  bot_no           BIGINT NOT NULL,
  bot_id           TEXT   NOT NULL,
  name             TEXT   NOT NULL,
  name_folded      TEXT   NOT NULL,
  description      TEXT   NOT NULL,
  purpose          TEXT   NOT NULL,
  default_language TEXT   NOT NULL,
  status           TEXT   NOT NULL,
  owner_no         BIGINT NOT NULL,
  created_at_ms    BIGINT NOT NULL,
  removed_at_ms    BIGINT,
  PRIMARY KEY (account_no, bot_no)
)
