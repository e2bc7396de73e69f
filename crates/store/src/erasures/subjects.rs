//! Whom requests are about.

use rolecall_model::{erasure::Outcome, ids::AccountNo};

use crate::{Error, Tx, bulk};

use super::work::SubjectRow;

const INSERT: &str = "
INSERT INTO erasure_subjects (account_no, erasure_no, ordinal, subject, subject_hash, outcome, cause)
VALUES ";
const CANCEL: &str = "
UPDATE erasure_subjects
SET outcome = $1, cause = $2
WHERE account_no = $3 AND erasure_no = $4 AND outcome IN ($5, $6)";
const FORGET: &str = "UPDATE erasure_subjects SET subject = '' WHERE account_no = $1 AND erasure_no = $2";

/// Adds the subjects of a new request.
pub async fn insert(tx: &mut Tx, account: AccountNo, erasure_no: i64, subjects: &[SubjectRow]) -> Result<(), Error> {
    for slice in bulk::slices(subjects) {
        let sql = format!("{INSERT}{}", bulk::rows(slice.len(), 7));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for subject in slice {
            insert = insert
                .bind(account.0)
                .bind(erasure_no)
                .bind(subject.ordinal)
                .bind(subject.sealed.clone())
                .bind(subject.hash.clone())
                .bind(subject.outcome.as_str())
                .bind(subject.cause.clone());
        }
        tx.run(insert).await?;
    }
    Ok(())
}

/// Says of everybody whose outcome is open that it failed for `cause`.
pub async fn fail_open(tx: &mut Tx, account: AccountNo, erasure_no: i64, cause: &str) -> Result<(), Error> {
    let cancel = sqlx::query(CANCEL)
        .bind(Outcome::Failed.as_str())
        .bind(cause.to_owned())
        .bind(account.0)
        .bind(erasure_no)
        .bind(Outcome::Pending.as_str())
        .bind(Outcome::Held.as_str());
    tx.run(cancel).await?;
    Ok(())
}

/// Empties the identifiers of a request's subjects; their hashes and outcomes stay.
pub async fn forget(tx: &mut Tx, account: AccountNo, erasure_no: i64) -> Result<(), Error> {
    tx.run(sqlx::query(FORGET).bind(account.0).bind(erasure_no)).await?;
    Ok(())
}
