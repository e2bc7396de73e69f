-- What a browser's cookie says is kept as a hash only. methods: how the person has shown who it is,
-- words with a space between; wants: what it has yet to show, empty for a whole session.
CREATE TABLE IF NOT EXISTS sessions (
  session_hash    TEXT   NOT NULL PRIMARY KEY,
  session_id      TEXT   NOT NULL,
  account_no      BIGINT NOT NULL,
  user_no         BIGINT NOT NULL,
  methods         TEXT   NOT NULL,
  wants           TEXT   NOT NULL,
  agent           TEXT   NOT NULL,
  began_at_ms     BIGINT NOT NULL,
  used_at_ms      BIGINT NOT NULL,
  confirmed_at_ms BIGINT NOT NULL,
  ends_at_ms      BIGINT NOT NULL
)
