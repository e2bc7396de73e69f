CREATE INDEX IF NOT EXISTS hold_subjects_by_hold ON hold_subjects (account_no, hold_no)
