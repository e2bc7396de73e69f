//! For tests only: a whole server on a fresh database of each engine, with a clock that is set and
//! randomness from a seed, so that every answer is the same bytes each time.

#![expect(clippy::expect_used, clippy::panic, reason = "whatever fails while a test is set up fails the test")]

mod app;
mod authenticator;
mod browsers;
mod database;
mod following;
mod foreign;
mod people;
mod provider;
mod signed_in;
mod totp;
mod wire;

pub use app::{Reply, Request, Tenant, TestApp};
pub use authenticator::Authenticator;
pub use browsers::{is_there, pictures};
pub use database::TestDb;
pub use following::Following;
pub use foreign::{ForeignDb, Kind};
pub use people::assigned;
pub use provider::{CLIENT_ID, CLIENT_SECRET, Provider};
pub use rolecall_store::Engine;
pub use signed_in::{PASSWORD, SignedIn};
pub use totp::totp;
pub use wire::Wire;

/// Writes each test twice: once on SQLite, once on PostgreSQL.
///
/// ```text
/// each_engine! {
///     async fn a_refused_import_changes_nothing(app: TestApp) { ... }
/// }
/// ```
///
/// The PostgreSQL one needs `TEST_POSTGRES_URL`; without it the test says that it was skipped, and
/// fails where `ROLECALL_REQUIRE_ENGINES` is set, as it is in CI.
#[macro_export]
macro_rules! each_engine {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: $type:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every test needs all that stands around it")]
            use super::*;

            async fn test($app: $type) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test($type::start($crate::Engine::Sqlite).await.expect("SQLite is always there")).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(app) = $type::start($crate::Engine::Postgres).await {
                    test(app).await;
                }
            }
        }
    )*};
}

/// Writes each test three times: with a store on SQLite, on PostgreSQL and on MySQL.
///
/// ```text
/// each_store! {
///     async fn a_row_is_gone(store: ForeignDb) { ... }
/// }
/// ```
///
/// The servers are those of `TEST_POSTGRES_URL` and `TEST_MYSQL_URL`; without one its test says that
/// it was skipped, and fails where `ROLECALL_REQUIRE_ENGINES` is set, as it is in CI.
#[macro_export]
macro_rules! each_store {
    ($($(#[$meta:meta])* async fn $name:ident($store:ident: $type:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every test needs all that stands around it")]
            use super::*;

            async fn test($store: $type) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test($type::start($crate::Kind::Sqlite).await.expect("SQLite is always there")).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(store) = $type::start($crate::Kind::Postgres).await {
                    test(store).await;
                }
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mysql() {
                if let Some(store) = $type::start($crate::Kind::Mysql).await {
                    test(store).await;
                }
            }
        }
    )*};
}
