CREATE UNIQUE INDEX IF NOT EXISTS roles_by_id ON roles (account_no, role_id)
