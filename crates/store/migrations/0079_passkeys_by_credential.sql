CREATE UNIQUE INDEX IF NOT EXISTS passkeys_by_credential ON passkeys (account_no, credential_id)
