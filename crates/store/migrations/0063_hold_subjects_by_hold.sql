-- Holds its subjects' hashes as well, so that SQLite prefers it to going through all of the account's.
CREATE INDEX IF NOT EXISTS hold_subjects_by_hold ON hold_subjects (account_no, hold_no, subject_hash)
