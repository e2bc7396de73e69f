-- The secret of a person's code generator, sealed; the last time step whose code was used; the hashes
-- of the recovery codes that are left. confirmed_at_ms is empty until a first code was right.
CREATE TABLE IF NOT EXISTS second_factors (
  account_no      BIGINT NOT NULL,
  user_no         BIGINT NOT NULL,
  secret_sealed   TEXT   NOT NULL,
  last_step       BIGINT NOT NULL,
  recovery_hashes TEXT   NOT NULL,
  made_at_ms      BIGINT NOT NULL,
  confirmed_at_ms BIGINT,
  PRIMARY KEY (account_no, user_no)
)
