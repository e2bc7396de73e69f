//! All that lets people in, taken away at once: for people who leave.

use rolecall_model::ids::{AccountNo, UserNo};

use crate::{Error, Tx, bulk};

/// What there is of a person, in as many tables.
pub(crate) const REMOVE_OF_USERS: [&str; 6] = [
    "DELETE FROM sessions WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM one_time_links WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM passwords WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM second_factors WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM passkeys WHERE account_no = $1 AND user_no IN ",
    "DELETE FROM provider_subjects WHERE account_no = $1 AND user_no IN ",
];

/// Ends the sessions of people and removes what they could sign in with. Shape: six statements for up
/// to 512 of them.
pub async fn remove_of_users(tx: &mut Tx, account: AccountNo, users: &[UserNo]) -> Result<(), Error> {
    for slice in bulk::slices(users) {
        for table in REMOVE_OF_USERS {
            let sql = format!("{table}({})", bulk::values(2, slice.len()));
            let mut remove = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
            for user in slice {
                remove = remove.bind(user.0);
            }
            tx.run(remove).await?;
        }
    }
    Ok(())
}
