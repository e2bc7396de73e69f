//! What is told of rules that would be broken.
//!
//! English stands here; the other languages in the server's `locales`, under the same names.

use rolecall_model::phrases;
pub use rolecall_model::say::*;

phrases! {
    // Pages of searches.
    at_least_1() = "must be at least 1";
    not_a_page_token() = "is not one that this search gave out: send all else as before, or begin again without it";
    page_limit_stays(n) = "must stay {n} from page to page, or be left out";
    not_a_cursor() = "is not a cursor that this list gave out; begin again without one";
    no_offset_in_search() = "cannot be used in a search; use cursor";
    not_in_the_future() = "must not be in the future";
    permission_not_of_the_past() = "cannot be told of the past: what roles permitted then is not kept; name the role instead";
    not_an_audit_entry() = "is not the AuditLogId of an entry of this account";

    // Accounts, apps.
    must_be_email() = "must be an e-mail address";
    is_no_email() = "is no e-mail address";
    no_such_account() = "there is no account with that id; `rolecall account list` shows them";
    takes_no_public_key(algorithm) = "{algorithm} signs with a secret and takes no public key";
    needs_public_key(algorithm) = "{algorithm} needs the app's public key in PEM";
    no_secret_to_rotate(algorithm) = "the app signs with {algorithm}: register its new public key as a new app";
    no_such_app() = "the account has no app with that id; `rolecall app list` shows them";

    // Assignments.
    at_most_elements_a_call(n) = "must have at most {n} elements; send the rest in further calls";
    at_most_holders_a_call(n) = "must name at most {n} users and groups; send the rest in further calls";
    at_most_members_a_call(n) = "must name at most {n} members; send the rest in further calls";
    required_for_bot_roles() = "is required for bot roles";
    not_for_account_roles() = "must not be there for roles that act on the account";
    role_follows_bot() = "the role follows who owns the bot; it can be neither assigned nor removed";
    master_admin_for_users() = "the built-in role admin goes to users only, not to groups";
    owner_keeps_admin() = "is the account's owner, who always keeps the built-in role admin";
    no_user_with_email() = "no user of this account has this e-mail address";
    no_user_with_org_id() = "no user of this account has this organisation id";
    no_user_with_id() = "no user of this account has this id";
    no_group_with_name() = "no group of this account has this name";
    no_group_with_id() = "no group of this account has this id";
    no_role_with_id() = "no role of this account has this id";
    no_bot_with_id() = "no bot of this account has this id";
    no_role_with_name(role_type) = "no role of type {role_type} has this name";
    no_bot_with_name() = "no bot of this account has this name";
    same_added_and_removed(place) = "is the same as {place}; one call cannot both add and remove it";
    role_of_other_type(own, wanted) = "is a role of type {own}, not {wanted}";

    // Who may what.
    no_longer_a_user() = "you are no longer a user who may sign in";
    needs_sign_in() = "needs somebody who signed in";
    needs_permission(name) = "needs the admin permission {name}";
    needs_one_permission(names, last) = "needs one of the admin permissions {names} and {last}";
    needs_master_admin() = "needs the built-in role admin";
    scope_takes_everything(scope) = "an app with the scope {scope} can give any role to anybody, which takes the built-in role admin";
    scope_takes_more(scope, names) = "the scope {scope} takes what you do not hold yourself: {names}";
    role_but(name, why) = "the role {name} {why}";
    comes_with_role(name, why) = "comes with the role {name}, which {why}";
    beyond_user() = "holds admin permissions that you do not hold yourself";
    the_user_is_beyond() = "the user holds admin permissions that you do not hold yourself";
    word_master_admin() = "the built-in role admin";
    would_take_from_you(what) = "would take from you yourself: {what}; somebody else has to do this";
    is_master_admin() = "is the built-in role admin, which you do not hold yourself";
    beyond_permission(name) = "is about the admin permission {name}, which you do not hold yourself";

    // Bots, groups, roles.
    no_such_owner() = "the account has no user with this e-mail address or id";
    no_owner_with_address() = "the account has no user with that address";
    bot_name_taken() = "another bot of the account has that name";
    no_such_bot() = "the account has no bot with this id";
    group_name_taken() = "another group of the account has that name";
    no_such_group() = "the account has no group with this id";
    comes_and_goes() = "is to come and to go in one call";
    group_cycle(group, member) = "{group} would come to contain itself through {member}";
    built_in_not_changed(name) = "the built-in role {name} cannot be changed";
    built_in_not_renamed(name) = "the built-in role {name} cannot be renamed";
    built_in_not_removed(name) = "the built-in role {name} cannot be removed";
    no_such_role() = "the account has no role with this id";
    role_name_taken(role_type) = "another role of type {role_type} has that name";
    role_ref_id_taken(role_type) = "another role of type {role_type} has that key";

    // Imports of roles.
    plan_moved() = "the account moved on since the plan was made: a role, or who holds one that changes, is another; plan anew";
    no_such_file() = "is no file of this account, or one of more than 30 days ago: upload it and give its new id";
    no_such_plan() = "the account has no plan of an import with this id";
    no_such_import() = "the account has no import with this id; the audit log names them";
    reverted_already(at) = "was reverted already, at {at}";
    role_changed_since(name, id) = "the role {name} ({id}) was changed since";
    role_deleted_since(name, id) = "the role {name} ({id}) was deleted since";
    role_name_taken_since(name, id) = "another role has taken the name or the refId of {name} ({id}) since";

    // Erasures, holds.
    no_such_erasure() = "the account has no erasure with this id";
    no_such_hold() = "the account has no hold with this id, or it was released";
    must_name_somebody() = "must name somebody";
    at_most_people(n) = "must name at most {n} users";
    reason_required(n) = "is required and may have at most {n} characters";
    bots_required() = "is required unless RemoveDataFromAllBots is true";
    not_after_deadline(deadline) = "must not be after {deadline}, when the answer is due";
    store_taken(n) = "store number {n} of the map belongs to another account";
    no_receipt_yet(state) = "the erasure is in the state {state}; a receipt is sealed when it is done";
    cannot_be_called_off(state, instead) = "the erasure is in the state {state} and cannot be called off: {instead}";
    cannot_be_approved(state, instead) = "the erasure is in the state {state} and cannot be approved: {instead}";
    cannot_be_retried(state, instead) = "the erasure is in the state {state} and cannot be retried: {instead}";
    erasure_ended() = "it has ended; its receipt says how";
    erasure_called_off() = "it was called off; ask for a new one";
    erasure_goes_to_the_end() = "what it has begun to erase it erases to the end";
    erasure_waits_for_hold() = "it waits for a hold; release that";
    erasure_waits_for_approval() = "it waits for approval; approve it, or cancel it";
    erasure_plan_changed() = "its plan has changed; approve the new one, or cancel it";
    erasure_needs_no_approval_cancel() = "it waits for nobody's approval; it can be cancelled";
    erasure_needs_no_approval() = "it waits for nobody's approval, and goes on by itself";
    erasure_not_put_off_cancel() = "nothing of it was put off; it can be cancelled";
    erasure_not_put_off() = "nothing of it was put off, and it goes on by itself";

    // Calls, sessions, signing in.
    key_reused() = "the key was sent with another call within the last 24 hours; send each call with a key of its own";
    key_running() = "the call with this key is under way; send it again a little later";
    key_running_elsewhere() = "another attempt at the call with this key is under way";
    too_many_keys(n) = "the account has sent {n} calls with an idempotency key within the last 24 hours, and no more are remembered; send it without a key, or later";
    answer_lost(n) = "the call with this key was carried out, and its answer was not kept; audit entry {n} and those after it tell what it did";
    changed_since_seen() = "it was changed since you saw it; look at it as it is now, and decide anew";
    no_such_session() = "there is no such session, or it has ended";
    generator_already() = "there is a code generator already; remove that one first";
    no_generator() = "the user has no code generator";
    may_not_sign_in() = "the user may not sign in";
    operator_sets_passwords() = "only the operator sets somebody's password";
    too_many_passkeys(n) = "there are {n} passkeys already; remove one first";
    passkey_taken() = "this passkey is registered already";
    no_such_passkey() = "there is no such passkey";

    // Users.
    added_and_removed() = "is both added and removed";
    admin_role_on_a_bot() = "is an admin role, which is held on the account and on no bot";
    bot_role_needs_bot() = "is required: the role is a bot role";
    needs_developer() = "needs isDeveloper: who creates bots enters the builder";
    org_id_taken() = "another user of this account has this organisation id";
}
