CREATE UNIQUE INDEX IF NOT EXISTS files_by_id ON files (account_no, file_id)
