//! What callers and readers are told, beside what the model and the use cases tell.
//!
//! English stands here; the other languages in `locales`, under the same names.

use rolecall_model::phrases;

pub use rolecall_control::say::*;

phrases! {
    // Queries, headers, bodies.
    query_not_encoded() = "the query must be percent-encoded";
    query_not_pairs() = "the query must be name=value pairs";
    query_at_most(n) = "the query must have at most {n} parameters";
    query_nul() = "the query must not hold U+0000";
    given_twice() = "is given twice";
    role_type_required() = "is required and must be admin or bot";
    must_be_true_or_false() = "must be true or false";
    body_unreadable() = "the body could not be read";
    must_be_multipart() = "must be multipart/form-data with the file in its part `file`";
    broken_multipart() = "is not whole multipart/form-data: a part or its end is broken";
    must_be_idempotency_key(n) = "must be one key of 1 to {n} printable ASCII characters, such as \"8e03978e-40d5-43e6-bc93-6894a57f9324\"";
    must_be_etag() = "must be *, or the ETag of what is to be changed, in its quotes";

    // Words of our own API.
    must_be_admin_or_bot() = "must be admin or bot";
    must_be_level() = "must be VIEW, YES or FULL";
    level_without_permission() = "says how much of a permission, so permission must be there too";
    must_be_one_of(words) = "must be one of {words}";
    must_be_export_format() = "must be ocsf or native";
    must_be_user_or_group() = "must be user or group";
    must_be_bot_id() = "must be the id of a bot";
    at_most_elements(n) = "must have at most {n} elements";
    must_be_an_array() = "must be an array";
    must_be_time_or_null() = "must be a time, or null for never";
    must_name_one_holder() = "must name exactly one of userId, email, orgUserId and groupId";
    given_and_taken() = "is both to be given and to be taken; one call cannot do both";
    must_name_bot() = "must name a bot, unless RemoveDataFromAllBots is true";
    must_be_plan_hash() = "must be the planHash of a preview: 64 hex digits";
    may_have_characters(n) = "may have at most {n} characters";
    must_name_people(n) = "must name somebody, and at most {n} people";
    must_name_members() = "must name somebody to add or to remove";
    must_have_one_of(names) = "must have one of {names}";

    // Call-backs.
    must_be_url() = "must be a URL, such as https://hooks.example/erased";
    must_name_host() = "must name a host";
    no_user_in_url() = "must not hold a user or a password";
    no_fragment_in_url() = "must not end in a fragment";
    no_link_local() = "must not be a link-local address";
    must_be_https() = "must begin with https:// (http:// only for 127.0.0.1 and localhost)";
    host_not_allowed(place) = "is not of a host that may be called back; the operator allows it with {place} in callback_hosts under [erasure] of the configuration";

    // Keys of apps.
    key_not_for_secrets(algorithm) = "{algorithm} tokens are signed with the app's own private key; only HS256 and HS512 use a secret";
    key_not_for_public_keys(algorithm) = "{algorithm} tokens are signed with a secret; a public key needs RS256, RS512, ES256 or EdDSA";
    key_empty_secret() = "the secret is empty";
    key_private() = "this is a private key, which should stay with the app; give its public half: openssl pkey -in FILE -pubout";
    key_certificate() = "this is a certificate; give the public key in it: openssl x509 -in FILE -noout -pubkey";
    key_not_pem() = "this is not one public key in PEM form, which begins with -----BEGIN PUBLIC KEY-----";
    key_wrong_kind(algorithm, needed) = "{algorithm} needs {needed}, and this is another kind of key";
    word_rsa_key() = "an RSA key of 2048 to 8192 bits";
    word_ec_key() = "an EC key on the curve P-256";
    word_ed25519_key() = "an Ed25519 key";

    // Forms of the console.
    other_subject() = "the subject of the ID token is not the one that the first sign-in was by";
    no_such_algorithm() = "is none that tokens are signed with";
    must_be_admin_or_builder() = "must be admin or builder";
    must_be_algorithm() = "must be HS256, HS512, RS256, RS512, ES256 or EdDSA";
    no_such_scope() = "is none that apps have";
    not_offered() = "is none that is offered";
    must_be_give_or_take() = "must be give or take";
    must_be_on_or_off() = "must be on or off";
    plan_missing() = "is missing: an erasure is asked for after it was shown";
    no_such_state() = "is none that erasures have";
    no_such_event() = "is none that the log has";
    must_be_add_or_replace() = "must be add or replace";

    // OpenID AuthZEN.
    must_be_json() = "the content-type must be application/json";
    must_be_semantic() = "must be execute_all, deny_on_first_deny or permit_on_first_permit";
    whole_number_from_1() = "must be a whole number from 1 up";

    // The vendor's calls.
    required_or_org_user_id() = "is required, or else orgUserId";
    required_or(key) = "is required, or else {key}";
    must_have_users(n) = "must have at most {n} users; send the rest in further calls";
    must_name_users(n) = "must name at most {n} users; send the rest in further calls";
    must_be_add_to_remove_from() = "must be an object with the lists addTo and removeFrom";
    must_be_status() = "must be \"active\", \"not active\" or \"all\"";

    // Why somebody is turned away.
    token_none() = "Invalid JWT token";
    token_invalid() = "Invalid SDK credentials";
    token_expired() = "JWT token has expired";
    token_not_yet() = "JWT token is not active yet";
    token_jti_required() = "error verifying the jwt: \"jti\" claim is required";
    token_jti_too_long() = "error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)";
    token_replayed() = "error verifying the jwt: possibly a replay";
    too_many_a_minute() = "You've exceeded the per-minute rate limit. Please wait for sometime before retrying.";
    too_many_an_hour() = "You've exceeded the hourly rate limit. Please wait for sometime before retrying.";
    needs_scope(scope) = "the app needs the scope {scope} and must be of kind admin";
    body_at_most_mib(n) = "the body may have at most {n} MiB";

    // Problems of our own API.
    title_invalid() = "The request has not the right form";
    title_invalid_token() = "There is no valid token";
    title_missing_scope() = "The app may not do this";
    title_not_permitted() = "You may not do this";
    title_no_session() = "Nobody is signed in";
    title_elsewhere() = "Another site sent this";
    title_reauthenticate() = "It is too long ago that you signed in";
    title_not_found() = "There is nothing here";
    title_not_allowed() = "This path does not take this method";
    title_too_large() = "The body is too large";
    title_too_many() = "The rate limit is used up";
    title_internal() = "The server failed";
    title_unavailable() = "The server cannot do this right now";
    title_version_required() = "Say which version you have seen";
    title_unknown_user() = "A user is not known";
    title_unknown_group() = "A group is not known";
    title_unknown_role() = "A role is not known";
    title_unknown_bot() = "A bot is not known";
    title_group_cycle() = "A group would contain itself";
    title_add_and_remove() = "One is both added and removed";
    title_built_in_role() = "The role is built in";
    title_taken() = "It is taken";
    title_moved() = "The account changed meanwhile";
    title_wrong_state() = "This cannot be done in this state";
    title_no_receipt() = "There is no receipt";
    title_store_taken() = "A store belongs to another account";
    title_stale() = "It was changed meanwhile";
    title_key_reused() = "The idempotency key is another call's";
    title_key_running() = "The call is under way";
    title_too_many_keys() = "Too many idempotency keys";
    title_answer_lost() = "The call was carried out, and its answer is gone";
    title_refused() = "A rule forbids it";
    title_no_data_map() = "The account has no data map";
    title_store_failed() = "A store does not do what it is asked";
    no_such_call() = "No call has this path, or what it names is not there.";
    method_in_the_document() = "The document at /openapi.json says which it takes.";
    more_in_the_log() = "The server's log has more under this answer's x-request-id.";
    send_later() = "Send the same request again later.";
    send_if_match() = "Send the ETag of what you have seen as If-Match, or * to change whatever is there by now.";
    body_has_problem(problem) = "The body {problem}.";
    place_has_problem(place, problem) = "{place} {problem}.";
    stopped(told) = "{told}.";
    n_problems(n) = "There are {n} problems; nothing was done.";
    session_over() = "The session is over; sign in at /console/sign-in.";
    sent_from_elsewhere() = "A call by a session that changes something says Sec-Fetch-Site: same-origin, or has an Origin that is its Host.";
    confirm_first() = "Show once more who you are at /console/confirm, then send the call again.";
    set_a_data_map() = "Without one nothing is known to erase; the operator sets it with `rolecall datamap set`.";
    store_is_away(store) = "The store {store} does not answer.";
    store_refuses(store, code) = "The store {store} refuses ({code}); `rolecall datamap check` says more.";
    at(place, problem) = "{place} {problem}";
}
