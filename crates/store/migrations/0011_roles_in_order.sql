CREATE INDEX IF NOT EXISTS roles_in_order ON roles (account_no, role_type, role_no) WHERE removed_at_ms IS NULL
