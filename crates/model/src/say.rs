//! What is told of values that have not the right form.
//!
//! English stands here; the other languages in the server's `locales`, under the same names.

use crate::phrases;

phrases! {
    // Names, texts, times.
    in_english(words) = "{words}";
    must_not_be_empty() = "must not be empty";
    at_most_characters(n) = "must have at most {n} characters";
    at_most_bytes(n) = "must have at most {n} bytes";
    at_most_words(n) = "must have at most {n} words";
    unprintable() = "must not hold control or direction-changing characters";
    holds_nul() = "must not contain a NUL character";
    not_a_time(text) = "`{text}` is not a time; write it like 2026-01-31 or 2026-01-31T09:30:00.000Z";
    is_required() = "is required";
    not_known() = "is not known here";
    not_known_but(word) = "is not known here: did you mean {word}?";
    number_from_to(first, last) = "must be a number from {first} to {last}";
    number_from_0() = "must be a number from 0 up";

    // JSON.
    kind_null() = "null";
    kind_boolean() = "a boolean";
    kind_number() = "a number";
    kind_string() = "a string";
    kind_array() = "an array";
    kind_object() = "an object";
    not_utf8(n) = "is not UTF-8: byte {n} cannot stand there";
    not_json(why, line, column) = "is not the JSON it should be: {why} at line {line} column {column}";
    json_ended(said) = "{said}";
    json_wrong(said) = "{said}";
    json_too_many_values(n) = "there are more than {n} values";
    json_nul() = "a text must not hold U+0000";
    json_key_repeated() = "a key is repeated in one object";
    must_be_object(kind) = "must be an object, not {kind}";
    must_be_string(kind) = "must be a string, not {kind}";
    must_be_bool(kind) = "must be true or false, not {kind}";
    must_be_array(kind) = "must be an array, not {kind}";

    // Roles and files of roles.
    at_most_permissions(n) = "must list at most {n} permissions";
    permission_name(bad) = "a permission's name {bad}";
    must_be_words(words) = "must be {words}";
    could_pass_for_built_in(name) = "could pass for the built-in role {name}";
    name_of_another(place) = "is the name of {place} too";
    ref_id_of_another(place) = "is the refId of {place} too";
    must_be_roles() = "must be an array of roles";
    must_be_roles_not(kind) = "must be an array of roles, not {kind}";
    at_most_roles(n) = "must hold at most {n} roles";
    must_be_type_of_import(role_type) = "must be {role_type}, the type of this import";
    part_of_a_listing() = "is a part of a listing, which cannot be the whole truth: send an export instead";
    is_built_in_role(name) = "is the built-in role {name}";
    name_of_role_by_ref_id(place) = "is the name of the role that {place} is by its refId: give this one a refId too";
    name_of_kept_role() = "is the name of another role of the account, which the import would keep";

    // People to erase.
    must_be_text() = "is required and must be a text";
    not_of_channel_pair() = "is not known; a channel pair is {\"channel_id\": ..., \"channel_user_id\": ...}";
    must_be_text_or_pair() = "must be a text, or an object with channel_id and channel_user_id";
}
