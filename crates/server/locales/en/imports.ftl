# Moving roles between environments.

section-imports = Import and export
import-new = Import roles
import-intro = Next you see what would change, role by role. Nothing happens before you confirm that.
import-file = File of roles (JSON)
import-type = Roles
import-roles-admin = Admin roles
import-roles-bot = Bot roles
import-mode = Roles that the file lacks
import-mode-add = stay as they are
import-mode-replace = are removed
import-show-plan = Show what would change
export-title = Export roles
export-intro = The file can be imported into another environment.
export-roles-admin = Export admin roles
export-roles-bot = Export bot roles
import-past = Earlier imports
import-none = Nothing was imported yet.
import-at = Applied
import-by = By
import-id = Import
import-undo-label = Undo
import-undo = Undo…
import-undone = Undone
import-undo-warning = Every role that this import touched becomes what it was before, with whoever held it. If one was changed since, nothing is undone.
import-undo-now = Undo this import
import-newest = Back to the newest
import-older = Older
import-done-applied = The import is applied.
import-done-nothing = The roles are already as the file has them.
import-done-undone = The import is undone.
import-plan-title = What the import would change
import-step-create = created
import-step-update = changed
import-step-delete = removed
import-step-unchanged = stays as it is
import-skipped = Built-in roles in the file are passed over:
import-shut = This import would take permissions from you, so you cannot apply it.
import-nothing = Nothing would change.
import-former-name = Now called
import-description-before = Description now
import-description-after = Description then
import-no-permissions = What it permits stays the same.
import-permission = Permission
import-before = Now
import-after = Then
import-holders-effect = Who holds the role
import-gain = gains it
import-lose = loses it
import-users = { $n ->
    [one] 1 user holds it
   *[other] { $n } users hold it
}
import-groups = { $n ->
    [one] 1 group holds it
   *[other] { $n } groups hold it
}
import-apply-note = Exactly this is done. If the roles have changed by then, nothing is done, and you see the new plan.
import-apply = Apply the import
import-back = Back
import-stale = The roles, or who holds them, are others than when this plan was made, so it cannot be applied. Upload the file again.
import-undo-made = goes
import-undo-updated = becomes what it was
import-undo-removed = comes back
import-n-create = { $n } created
import-n-update = { $n } changed
import-n-delete = { $n } removed
import-n-unchanged = { $n } as they are
