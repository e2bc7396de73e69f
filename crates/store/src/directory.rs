//! Going through the users of an account to find some of them by what nothing is indexed by.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    user::UserRow,
};

use crate::{
    Error, Tx,
    image::{self, People},
};

/// The users with numbers of one range, and of each what lists show.
#[derive(Debug)]
pub struct Stretch {
    after: i64,
    last: i64,
    people: People,
}

/// Reads the users with the next numbers after `after`, some thousands at once. Shape: one statement, or
/// two where a text holds what it should not.
pub async fn stretch(tx: &mut Tx, account: AccountNo, after: UserNo) -> Result<Stretch, Error> {
    let last = after.0.saturating_add(image::WIDTH);
    let people = image::people(tx, account, after, last).await?;
    Ok(Stretch { after: after.0, last, people })
}

impl Stretch {
    /// The highest number a user of it could have: where the next one begins.
    pub fn last(&self) -> UserNo {
        UserNo(self.last)
    }

    /// Calls `tell` with each user, in order of their numbers.
    pub fn each(&self, mut tell: impl FnMut(&UserRow<'_>)) {
        let told: Result<(), std::convert::Infallible> = self.people.each(self.after, |person| {
            tell(person);
            Ok(())
        });
        let Ok(()) = told;
    }
}
