CREATE INDEX IF NOT EXISTS erasure_subjects_by_hash ON erasure_subjects (account_no, subject_hash, erasure_no)
