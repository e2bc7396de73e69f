//! Users: making, changing and removing them, and what is known of them.
//!
//! Making, changing and removing go user by user as far as the caller can see (one that cannot be
//! done is told, the others are done), and in bulk as far as the database can.

mod access;
mod create;
mod directory;
mod grants;
mod info;
mod particulars;
mod remove;
mod update;

pub use access::{Access, set_access};
pub use create::create;
pub use directory::{Details, LIST, Listed, Row, find, list};
pub use grants::{Grant, What};
pub use info::{Info, info};
pub use particulars::{Particulars, Task};
pub use remove::{Removed, remove};
pub use update::update;

pub(crate) use create::write;
pub(crate) use particulars::{record_update, shown};

use std::collections::HashMap;

use rolecall_model::{ids::UserNo, phrase::Text, text::fold, user::User};
use rolecall_store::users;

use crate::{Fault, Rule};

/// The most users one call may be about.
pub const MAX_USERS: usize = 10_000;

/// What callers know a user by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The e-mail address, in any case of letters.
    Email(String),
    /// The organisation's id.
    OrgUserId(String),
}

impl From<String> for Key {
    /// Who is named by a text alone is named by an address.
    fn from(email: String) -> Self {
        Self::Email(email)
    }
}

/// What a call wishes of one user. Of it either all is done or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish<W> {
    /// Who: an address to make a user with, or the key of one that is there.
    pub who: W,
    /// What to know of it.
    pub particulars: Particulars,
    /// The groups and roles it is to gain or lose.
    pub grants: Vec<Grant>,
}

/// A wish that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which of the call's wishes it was.
    pub index: usize,
    /// Why; its path is a JSON pointer from the wish on.
    pub fault: Fault,
}

fn fault(rule: Rule, path: impl Into<String>, detail: Text) -> Fault {
    Fault { rule, path: path.into(), detail }
}

/// Users by what callers know them by.
#[derive(Default)]
struct Found {
    by_email: HashMap<String, UserNo>,
    by_org_user_id: HashMap<String, UserNo>,
    users: HashMap<UserNo, User>,
}

impl Found {
    /// The account's users whom `keys` lead to.
    async fn read<'k>(
        tx: &mut rolecall_store::Tx,
        account: rolecall_model::ids::AccountNo,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Result<Self, rolecall_store::Error> {
        let (mut emails, mut org_user_ids) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                Key::Email(email) => emails.push(fold(email)),
                Key::OrgUserId(id) => org_user_ids.push(id.clone()),
            }
        }
        let mut found = Self::default();
        for (key, values) in [(users::Key::Email, emails), (users::Key::OrgUserId, org_user_ids)] {
            found.add(users::find_many(tx, account, key, &distinct(values)).await?);
        }
        Ok(found)
    }

    fn add(&mut self, users: Vec<User>) {
        for user in users {
            self.by_email.insert(fold(&user.email), user.no);
            if !user.org_user_id.is_empty() {
                self.by_org_user_id.insert(user.org_user_id.clone(), user.no);
            }
            self.users.insert(user.no, user);
        }
    }

    fn no(&self, key: &Key) -> Option<UserNo> {
        match key {
            Key::Email(email) => self.by_email.get(&fold(email)).copied(),
            Key::OrgUserId(id) => self.by_org_user_id.get(id).copied(),
        }
    }

    fn user(&self, key: &Key) -> Option<&User> {
        self.users.get(&self.no(key)?)
    }
}

/// Sorted, so that look-ups go through their index in its order, and each once.
fn distinct(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}
