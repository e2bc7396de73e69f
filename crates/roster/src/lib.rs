//! Who holds what, in memory: one account's users, groups, bots, roles and assignments as a compact
//! image that never changes.
//!
//! A [`Roster`] is the account as it was at one revision. Lists, checks and searches are answered
//! from it without a database; [`Roster::apply`] makes the image of a later revision out of it and
//! shares with it whatever did not change. A clone is a pointer.
//!
//! Roles, bots and groups stand in tables and are named by small slots. Users lie in chunks of 256,
//! each a few packed columns, under a tree that counts; so any offset is as near as the first, and a
//! step makes new chunks only for the users it names. What groups give, through however many
//! others, is worked out when first asked and kept with the group. A few bits for each chunk say what
//! nobody in it has, so a search looks into few of them.
//!
//! Nothing here reads a socket, a file or a clock. Whether an image is still the truth is for its
//! owner to know.

mod access;
mod catalogue;
mod chunk_edit;
mod domains;
mod facts;
mod groups;
mod held;
mod id;
mod image;
mod index;
mod ints;
mod like;
mod load;
mod people;
mod search;
mod sieve;
mod sought;
mod step;
mod table;
mod tree;
mod user;

pub use access::{Target, Way, Why};
pub use domains::Email;
pub use groups::GroupRef;
pub use held::{Held, Holdings};
pub use id::Id;
pub use image::{Account, BotRef, BoundApp, RoleRef, Roster};
pub use like::Like;
pub use load::{Loader, Things, Unfit};
pub use search::Holders;
pub use step::Step;
pub use table::{Fragment, Ref};
pub use user::{UserRef, Users};
