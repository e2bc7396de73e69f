CREATE UNIQUE INDEX IF NOT EXISTS provider_subjects_by_subject ON provider_subjects (account_no, issuer, subject)
