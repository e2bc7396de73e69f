CREATE UNIQUE INDEX IF NOT EXISTS roles_by_name ON roles (account_no, role_type, name_folded) WHERE removed_at_ms IS NULL
