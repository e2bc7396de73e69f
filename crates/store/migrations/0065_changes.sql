-- What each of the last changes of an account did, packed (model/src/delta.rs), so that an image of the account in
-- memory can be brought forward. No bytes: too much to keep, load it again.
CREATE TABLE IF NOT EXISTS changes (
  account_no BIGINT NOT NULL,
  revision   BIGINT NOT NULL,
  deltas     BYTES  NOT NULL,
  PRIMARY KEY (account_no, revision)
)
