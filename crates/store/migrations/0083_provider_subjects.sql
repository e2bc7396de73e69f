-- Whom an identity provider means by a subject, as of its first sign-in. At an issuer each person is one subject,
-- and each subject one person.
CREATE TABLE IF NOT EXISTS provider_subjects (
  account_no  BIGINT NOT NULL,
  user_no     BIGINT NOT NULL,
  issuer      TEXT   NOT NULL,
  subject     TEXT   NOT NULL,
  bound_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_no, user_no, issuer)
)
