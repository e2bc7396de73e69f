# Signing in, and what a person decides about itself.

sign-in-title = Sign in
sign-in-account = Account
sign-in-account-about = The account’s id: 24 digits and letters. Whoever invited you knows it.
sign-in-email = E-mail address
sign-in-password = Password
sign-in-do = Sign in
sign-in-lost = No password, or lost it? Somebody who manages users in your account can make a link for you with which you set one.
sign-in-wrong = That did not fit. Check the address and the password.
sign-in-too-many = It went wrong too often. Wait some minutes, then try again.

second-factor-title = One more step
second-factor-about = Type the code that your code generator shows, or one of your recovery codes.
second-factor-code = Code
second-factor-wrong = That code does not count. Each counts once, and for a short time.
second-factor-back = Begin again

set-up-title = Set your password
set-up-about = For the account { $value }. This link works once.
set-up-do = Set password and sign in

password-new = New password
password-again = New password, once more
password-rule = 8 to 128 characters of any kind.
password-wrong-fit = That password did not fit.
password-wrong-too-many = It went wrong too often. Wait some minutes, then try again.
password-wrong-too-short = The new password is too short: it needs 8 characters.
password-wrong-too-long = The new password is too long: it may have 128 characters.
password-wrong-differ = The two new passwords are not the same.

confirm-title = Show that it is you
confirm-about = You signed in some time ago, and what comes next cannot be undone. Type your password once more.
confirm-do = Go on
confirm-without-password = You have no password. Sign out, then sign in again as you did before.

own-title = Your sign-in
own-codes = Recovery codes
own-codes-about = Keep these codes where you find them without your telephone. Each counts once in place of a code, and they are not shown again.
own-codes-left = { $n ->
    [one] One recovery code is left.
   *[other] { $n } recovery codes are left.
}
own-codes-do = Make new recovery codes
own-password-since = Set:
own-password-none = You have no password yet.
own-password-current = Current password
own-password-do = Change password
own-generator = Code generator
own-generator-about = An application on your telephone shows a code that is asked for beside your password. With it, who knows your password alone does not get in.
own-generator-do = Set up a code generator
own-generator-since = Asked for since:
own-generator-scan = Let the application on your telephone read this picture, then type the code that it shows.
own-generator-picture = Picture for the code generator; the same as text stands below
own-generator-type = Or type this secret into it:
own-generator-confirm = Confirm
own-generator-remove = Remove the code generator
own-sessions = Where you are signed in
own-session-began = Signed in
own-session-used = Last used
own-session-by = By
own-session-browser = Browser
own-session-current = This one
own-session-end = End
own-sessions-end = End all others

method-password = password
method-link = one-time link
method-code = code
method-recovery-code = recovery code
method-passkey = passkey
method-provider = identity provider

sign-in-provider = Sign in with { $value }
passkey-enter = Sign in with a passkey
passkey-confirm = Use a passkey
passkey-failed = That did not work. Try again, or choose another way.
own-passkeys = Passkeys
own-passkeys-about = A passkey lets you in by finger, face or number, without a password that somebody could learn.
own-passkeys-none = You have no passkey yet.
own-passkey-name = Name of the new passkey
own-passkey-made = Made
own-passkey-do = Make a passkey
own-passkey-remove = Remove
confirm-provider = Sign in there once more

user-sign-in-title = Sign-in and sessions
user-link = One-time link
user-link-about = Whoever follows the link sets a new password and is signed in as this user. Sessions that the user has end then. An earlier link does not count any more.
user-link-do = Make a link
user-link-once = The link is shown this once. Give it to nobody but the user: whoever follows it signs in as the user.
user-link-copy = Copy the link
user-link-until = Counts until:
user-link-back = Back to sign-in and sessions
user-generator-about = Codes are asked for beside the password. If the user has lost the generator and the recovery codes, remove it here; the user sets up a new one after signing in.
user-sessions = Where the user is signed in
user-sessions-none = Nowhere.
user-sessions-end = End all sessions
