//! Groups: named sets of users and of other groups.

use crate::{ids::GroupNo, time::Instant};

/// A group of an account. Who is in it is told apart from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number; groups are listed in this order, which is that of their creation.
    pub no: GroupNo,
    /// Its id: `e-` and a UUID.
    pub id: String,
    /// Its name, unique in the account under [`crate::text::fold`].
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: Instant,
}
