//! Client apps: who calls the API, how its tokens are signed, and what it may ask for.

use std::fmt;

use crate::{ids::AccountNo, time::Instant};

/// How an app's tokens are signed. Fixed when the app is registered; a token that claims another
/// algorithm is a token with a bad signature (RFC 8725, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256 and the app's secret; the vendor's default.
    Hs256,
    /// HMAC with SHA-512 and the app's secret.
    Hs512,
    /// RSA PKCS #1 v1.5 with SHA-256 and the app's public key.
    Rs256,
    /// RSA PKCS #1 v1.5 with SHA-512 and the app's public key.
    Rs512,
    /// ECDSA on P-256 with SHA-256 and the app's public key.
    Es256,
    /// Ed25519 and the app's public key.
    EdDsa,
}

impl Algorithm {
    /// All of them, the default first.
    pub const ALL: [Self; 6] = [Self::Hs256, Self::Hs512, Self::Rs256, Self::Rs512, Self::Es256, Self::EdDsa];

    /// Its registered name (RFC 7518, section 3.1; RFC 8037, section 3.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of exactly that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    /// Whether tokens are signed with a secret both sides know, rather than with a key pair.
    pub fn is_secret_based(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs512)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an app was made, which decides what it may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the admin console: the whole account, within its scopes.
    Admin,
    /// In the builder: bound to bots; of this API it may only upload files (wire fact 2.4).
    Builder,
}

impl Kind {
    /// The word in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Builder => "builder",
        }
    }

    /// The kind of that word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "builder" => Some(Self::Builder),
            _ => None,
        }
    }
}

/// What an app may ask for, by the ids of the vendor's catalogue (wire fact 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Roles, their assignments, and the lists that show them.
    RoleManagement,
    /// Users: create, change, remove, look up.
    UserManagement,
    /// Erasing people's data.
    DeleteUserData,
    /// Reading the audit log.
    AuditLogs,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RoleManagement, Self::UserManagement, Self::DeleteUserData, Self::AuditLogs];

    /// Its id in the vendor's catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoleManagement => "role_management:role_management",
            Self::UserManagement => "user_management:user_management",
            Self::DeleteUserData => "delete:delete_user_data",
            Self::AuditLogs => "logs:admin_console_audit_logs",
        }
    }

    /// The scope of exactly that id.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A client app as it is registered. Its secrets are sealed: text that only the sealing key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its id, `cs-` and a UUID: the `appId` of its tokens.
    pub id: String,
    /// The account it acts for.
    pub account_no: AccountNo,
    /// Its name.
    pub name: String,
    /// Where it was made.
    pub kind: Kind,
    /// How its tokens are signed.
    pub algorithm: Algorithm,
    /// Its secret, sealed; for algorithms with a secret.
    pub secret_sealed: Option<String>,
    /// The secret before the last rotation, sealed, and until when it still counts.
    pub previous_secret: Option<(String, Instant)>,
    /// Its public key in PEM; for algorithms with a key pair.
    pub public_key: Option<String>,
    /// Whether each of its tokens must carry a `jti` and counts once.
    pub enforces_jti: bool,
    /// What it may ask for.
    pub scopes: Vec<Scope>,
    /// The ids of the bots a builder app is bound to.
    pub bots: Vec<String>,
    /// Whether its tokens count at all.
    pub is_enabled: bool,
    /// When it stops by itself.
    pub expires_at: Option<Instant>,
    /// When it was registered.
    pub created_at: Instant,
}

impl App {
    /// Whether its tokens count at `now`.
    pub fn is_live(&self, now: Instant) -> bool {
        self.is_enabled && self.expires_at.is_none_or(|at| now < at)
    }
}
