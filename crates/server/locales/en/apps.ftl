# Client apps.

section-apps = Apps
apps-none = There is no app.
app-name = Name
app-id = App id
app-state = State
app-scopes = What it may ask for
app-last-used = Last used
app-never-used = never
app-new = Make an app
app-scope-beyond = more than your own roles allow
app-kind = Kind
app-kind-admin = For the whole account
app-kind-builder = For bots; uploads files only
app-bots = Ids of its bots, with spaces between (for bots only)
app-algorithm = How its tokens are signed
app-public-key = Public key in PEM (not for HS256 and HS512)
app-jti = Each token counts once
app-expires-utc = Stops by itself (UTC)
app-make = Make the app
app-secret-title = The app and its secret
app-secret = Secret
app-secret-once = Copy the secret now. It is shown this once, and nobody can look it up later.
app-copy-secret = Copy the secret
app-copied = Copied
app-try = Try it
app-try-token = The token in this line counts for an hour.
app-try-own-token = Put a token that is signed with the app’s private key in place of TOKEN.
app-copy-curl = Copy the line
app-to-app = To the app
app-facts = The app
app-created = Made
app-previous-secret = The secret before counts until
app-disable = Switch off
app-enable = Switch on
app-remove = Remove…
app-edit = Change
app-save = Save
app-rotate = New secret
app-rotate-note = The new secret is shown once.
app-overlap = The one before counts for
app-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
}
app-rotate-now = Make a new secret
app-remove-title = Remove this app?
app-remove-warning = Its tokens stop counting at once, for good. Whatever uses it stops working.
app-remove-now = Remove for good
app-keep = Keep it
app-standing-enabled = on
app-standing-disabled = off
app-standing-expired = expired
scope-role-management-role-management = Roles and who holds them
scope-user-management-user-management = Users
scope-delete-delete-user-data = Erasing people’s data
scope-logs-admin-console-audit-logs = The audit log
