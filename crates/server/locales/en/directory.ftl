# Users, groups, bots and roles.

find = Find
show = Show
name = Name
email = E-mail address
description = Description
id = Id
org-id = Id in the organisation
may-enter = Sign-in
status-active = allowed
status-not-active = blocked
yes = yes
no = no
none = none
none-found = Nothing fits.
first-page = First page
next-page = Next page
older = Older
and-more = There are more than are shown here.
as-of = As of (UTC)
when = When
what = What
by-whom = By whom
role-or-group = Role or group
user = User
group = Group
role = Role
bot = Bot
where = Where
why = Why
whole-account = the whole account
why-direct = directly
why-by = by way of
why-inside = , which is in
held-nothing = No roles.
holders-none = Nobody holds it.
made = Made
changed = Changed
owner = Owner
create = Create
save = Save
add = Add
remove = Remove
remove-plan = Remove…
keep = Leave it as it is
differs = differs
permission = Permission
level = Level
level-no = no
level-view = view
level-yes = yes
level-full = full

section-overview = Overview
section-users = Users
section-groups = Groups
section-bots = Bots
section-roles = Roles

users-find = Name, e-mail address or id
users-count = { $n ->
    [one] One user
   *[other] { $n } users
}
users-shown = { $n ->
    [one] One user on this page
   *[other] { $n } users on this page
}
user-gone = This user has been removed. What stands here is what was known last.
user-facts = About this user
user-developer = May enter the builder
user-creates-bots = May create bots
user-since = In the account since
user-owner = Owns the account
user-held = Roles, and why
user-held-at = Roles on { $value } UTC, and why
user-not-then = The user was not in the account then.
user-history = What changed
user-no-history = Nothing has changed since the user was made.
moment-assigned = was given
moment-unassigned = lost
moment-joined = came into
moment-left = left
grant-admin-role = Admin role
grant-bot-role = Bot role
grant-on-bot = On the bot
grant-give = Give
grant-take = Take away
user-sign-in = Sign-in and sessions…

groups-find = Beginning of the name
groups-count = { $n ->
    [one] One group
   *[other] { $n } groups
}
group-new = New group
group-members = { $n ->
    [one] One member
   *[other] { $n } members
}
group-add = E-mail address of a user, or name of a group
group-empty = Nobody is in this group.
take-out = Take out
take-out-do = Take out whom is marked
group-gives = What being in it gives
group-around = Groups it is in
group-indirect = by way of others
group-change = Change name and description
group-remove-title = Remove the group { $value }?
group-remove-members = { $n ->
    [one] It has one member, who loses what it gives.
   *[other] It has { $n } members, who lose what it gives.
}
group-remove-roles = Roles that go with it

bots-find = Beginning of the name
bots-count = { $n ->
    [one] One bot
   *[other] { $n } bots
}
bot-new = New bot
bot-owner-field = Owner’s e-mail address; the account’s owner if left empty
bot-facts = About this bot
bot-purpose = Serves
bot-language = First language
bot-holders = Who may do what on it
bot-change = Change this bot
bot-remove-title = Remove the bot { $value }?
bot-remove-about = All roles that anybody holds on it go with it:

roles-count = { $n ->
    [one] One role
   *[other] { $n } roles
}
role-type-admin = Admin roles
role-type-bot = Bot roles
role-new = New role
role-kind = Kind
role-built-in = built-in
role-own = of the account
role-permits = What it permits
role-facts = About this role
role-ref = Key in every environment
role-compare = Compare roles
role-compare-with = With
role-compare-do = Compare
role-compare-all = Show what is the same, too
role-compare-same = Both permit the same.
role-change = Change role
role-copy = Make a copy
role-copy-name = Name of the copy
role-copy-do = Copy
role-holders = Who holds it, and why
role-holders-at = Who held it on { $value } UTC, and why
role-overtaken = What you filled in stands below beside what is there now. Look at both; saving writes yours over theirs.
role-theirs = There now:
role-theirs-level = There now
role-remove-title = Remove the role { $value }?
role-remove-about = Everybody who holds it loses it:
role-remove-who = First of those who lose it
now = now
role-then = At other times
role-then-do = Compare what it permitted at two times
role-then-title = { $value } at two times
role-then-first = First time (UTC); now if left empty
role-then-second = Second time (UTC); now if left empty
role-then-absent = On { $value } UTC the role was not there.
role-then-too-far = Too much has happened since { $value } UTC to tell it here. The audit log has it.
