CREATE UNIQUE INDEX IF NOT EXISTS roles_by_ref ON roles (account_no, role_type, ref_id) WHERE removed_at_ms IS NULL
