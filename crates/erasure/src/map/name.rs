//! Names of tables, columns and schemas.

use super::remarks::Remarks;

/// The longest name. No database this reads allows longer ones. Units: bytes.
const MAX_NAME_BYTES: usize = 128;

/// Tells of a name that no database would have. Anything else is fine: stores quote what they name.
pub(super) fn check(name: &str, path: impl Into<String>, remarks: &mut Remarks) {
    if name.len() > MAX_NAME_BYTES {
        remarks.problems.add_in_english(path, format!("must have at most {MAX_NAME_BYTES} bytes"));
    } else if name.chars().any(char::is_control) {
        remarks.problems.add_in_english(path, "must not hold control characters");
    }
}
