# Reports.

section-reports = Reports
report-of-bot = Who has access to this bot
report-of-person = What this person may do
report-bot-name = Bot, from the beginning of its name
report-person-name = Person, by name, address or id
report-find = Find
report-none = Nothing fits.
report-csv = Download as CSV
report-made = As of
report-owner = Owner
report-goes-on = The report goes on. The CSV has all of it.
report-next = Next page
report-roles = Roles, and why
report-account = On the account
report-nothing = Nothing.
report-permission = Permission
report-level = How far
report-from = By the roles
