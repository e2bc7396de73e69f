//! All that lets people in, taken away at once: for people who leave.

use rolecall_model::ids::{AccountNo, UserNo};

use crate::{Error, Tx, bulk, sessions};

/// What there is of a person, in as many tables.
const REMOVE_OF_USERS: [&str; 6] = [
    sessions::REMOVE_OF_USERS,
    "DELETE FROM one_time_links WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM passwords WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM second_factors WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM passkeys WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM provider_subjects WHERE account_no = $1 AND user_no IN ",
];

/// Ends the sessions of people and removes what they could sign in with. Shape: six statements for up
/// to 512 of them.
pub async fn remove_of_users(tx: &mut Tx, account: AccountNo, users: &[UserNo]) -> Result<(), Error> {
    let nos: Vec<i64> = users.iter().map(|user| user.0).collect();
    for remove in REMOVE_OF_USERS {
        bulk::run(tx, account, remove, &nos).await?;
    }
    Ok(())
}
