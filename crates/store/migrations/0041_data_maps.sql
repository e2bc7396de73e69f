-- An account's data maps. The newest is in force; a request keeps the one it was planned by. The map
-- is sealed, for the URLs in it may hold passwords.
CREATE TABLE IF NOT EXISTS data_maps (
  account_no  BIGINT NOT NULL,
  map_no      BIGINT NOT NULL,
  hash        TEXT   NOT NULL,
  sealed      TEXT   NOT NULL,
  deadline_ms BIGINT NOT NULL,
  grace_ms    BIGINT NOT NULL,
  set_at_ms   BIGINT NOT NULL,
  set_by      TEXT   NOT NULL,
  PRIMARY KEY (account_no, map_no)
)
