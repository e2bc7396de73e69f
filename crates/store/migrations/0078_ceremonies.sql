-- What was asked of a browser and waits for its answer: a challenge to a passkey, or a sign-in at a
-- provider. Each is taken once. subject: what it is about, sealed.
CREATE TABLE IF NOT EXISTS ceremonies (
  ceremony_hash  TEXT   NOT NULL PRIMARY KEY,
  kind           TEXT   NOT NULL,
  subject_sealed TEXT   NOT NULL,
  expires_at_ms  BIGINT NOT NULL
)
