CREATE UNIQUE INDEX IF NOT EXISTS receipts_by_erasure ON receipts (account_no, erasure_no)
