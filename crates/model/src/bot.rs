//! Bots: the applications that users work on.

use crate::{
    ids::{BotNo, UserNo},
    time::Instant,
};

/// A bot of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// Its number; bots are listed in this order, which is that of their creation.
    pub no: BotNo,
    /// Its id: `st-` and a UUID.
    pub id: String,
    /// Its name, unique in the account under [`crate::text::fold`].
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whom it serves, such as `customer` or `employee`.
    pub purpose: String,
    /// The language it is written in first, such as `en`.
    pub default_language: String,
    /// How far it is, in the vendor's words: `configured` or `published`.
    pub status: String,
    /// The user who owns it.
    pub owner_no: UserNo,
    /// When it was made.
    pub created_at: Instant,
}
