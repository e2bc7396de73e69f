//! Sessions of people.

use rolecall_control::sessions::{Listed, OfUser};
use rolecall_model::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

/// The sessions of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionList {
    /// Whose they are.
    pub user_id: String,
    /// That user's e-mail address.
    pub email_id: String,
    /// The sessions that are not over, the newest first.
    pub sessions: Vec<SessionRow>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionRow {
    /// Its id: names it, and lets nobody in.
    pub session_id: String,
    /// How its person has shown who it is: `password`, `link`, `code`, `recovery-code`, `passkey`, `provider`.
    pub methods: Vec<String>,
    /// What its browser calls itself.
    pub user_agent: String,
    /// When it began.
    #[schema(value_type = String)]
    pub began_at: Instant,
    /// When it was last used, to the minute.
    #[schema(value_type = String)]
    pub used_at: Instant,
    /// When its person last showed who it is.
    #[schema(value_type = String)]
    pub authenticated_at: Instant,
    /// When it ends, however much it is used.
    #[schema(value_type = String)]
    pub ends_at: Instant,
    /// Whether it is the one this was asked by.
    pub is_current: bool,
}

impl From<OfUser> for SessionList {
    fn from(of: OfUser) -> Self {
        let sessions = of.sessions.into_iter().map(|Listed { session, is_current }| SessionRow {
            session_id: session.id,
            methods: session.methods.split(' ').map(str::to_owned).collect(),
            user_agent: session.agent,
            began_at: session.began_at,
            used_at: session.used_at,
            authenticated_at: session.confirmed_at,
            ends_at: session.ends_at,
            is_current,
        });
        Self { user_id: of.user_id, email_id: of.email, sessions: sessions.collect() }
    }
}
