//! The page of users with their roles, as one would write it with SeaORM: a yardstick of `scripts/bench`.
//!
//! It reads the server's own embedded database and answers on the same HTTP stack. It checks no token and
//! writes no log, and leaves out roles that come by way of groups: all of that is in its favour.
//!
//! Usage: `rolecall-bench-orm DATABASE_URL`. Prints its address and serves until it is killed.

mod entities;

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::get,
};
use sea_orm::{
    ColumnTrait as _, Database, DatabaseConnection, DbErr, EntityTrait as _, LoaderTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};

use entities::{bots, roles, user_assignments, users};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Page {
    limit: u64,
    offset: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserPage {
    total: u64,
    available_more: bool,
    users: Vec<UserRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRow {
    username: String,
    org_user_id: String,
    account_id: i64,
    is_developer: bool,
    can_create_bot: bool,
    user_id: String,
    bt_roles: Vec<BotRoleRow>,
    admin_roles: Vec<BotRoleRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BotRoleRow {
    role_id: String,
    role_name: String,
    groups: Vec<String>,
    bot_id: String,
    bot_name: String,
    direct: bool,
}

async fn page(db: &DatabaseConnection, page: &Page) -> Result<UserPage, DbErr> {
    let all = users::Entity::find().filter(users::Column::AccountNo.eq(1)).filter(users::Column::RemovedAtMs.is_null());
    let total = all.clone().count(db).await?;
    let found = all.order_by_asc(users::Column::UserNo).offset(page.offset).limit(page.limit).all(db).await?;
    let held = found.load_many(user_assignments::Entity, db).await?;
    let mut rows = Vec::with_capacity(found.len());
    let each: Vec<_> = held.iter().flatten().cloned().collect();
    let mut named = each.load_one(roles::Entity, db).await?.into_iter().zip(each.load_one(bots::Entity, db).await?);
    for (user, held) in found.into_iter().zip(held) {
        let bt_roles = named
            .by_ref()
            .take(held.len())
            .filter_map(|(role, bot)| Some((role?, bot?)))
            .map(|(role, bot)| BotRoleRow {
                role_id: role.role_id,
                role_name: role.name,
                groups: Vec::new(),
                bot_id: bot.bot_id,
                bot_name: bot.name,
                direct: true,
            })
            .collect();
        rows.push(UserRow {
            username: user.email,
            org_user_id: user.org_user_id,
            account_id: user.account_no,
            is_developer: user.is_developer != 0,
            can_create_bot: user.can_create_bot != 0,
            user_id: user.user_id,
            bt_roles,
            admin_roles: Vec::new(),
        });
    }
    Ok(UserPage { total, available_more: page.offset + (rows.len() as u64) < total, users: rows })
}

async fn answer(
    State(db): State<DatabaseConnection>,
    Query(asked): Query<Page>,
) -> Result<Json<UserPage>, (StatusCode, String)> {
    page(&db, &asked).await.map(Json).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).context("usage: rolecall-bench-orm DATABASE_URL")?;
    let mut options = sea_orm::ConnectOptions::new(url);
    options.sqlx_logging(false);
    let db = Database::connect(options).await?;
    let router = Router::new().route("/api/public/alluserroles", get(answer)).with_state(db);
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
