//! Giving roles and taking them, on the page of a user, of a group, or of a bot.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, response::Redirect};
use rolecall_control::{
    Ctx,
    assignments::{self, Action, Element, Offer, Principal, Wish},
    bots,
    holdings::{Holding, Named},
};
use rolecall_model::{page::Page, problem::Problem, role::RoleType};

use super::{ConsoleError, Form, query::Id};
use crate::{
    Server,
    auth::{Caller, ManageRoles},
    say,
};

/// How many bots are suggested while one types.
const SUGGESTED: u32 = 50;

/// What of it is offered on a page.
pub(super) struct Grants {
    /// Where its forms go.
    pub(super) path: String,
    /// The admin roles to give.
    pub(super) admin: Offer,
    /// The bot roles to give.
    pub(super) bot: Offer,
    /// Bots to give them on, as far as they are suggested.
    pub(super) bots: Vec<String>,
    takeable: BTreeSet<String>,
    /// The group it is about, if it is about one.
    group: Option<String>,
}

/// Whether something is held without any other group: directly, or by the group itself that it is about.
fn is_own(holding: &Holding, group: Option<&str>) -> bool {
    let is_by_it = |way: &[Named]| matches!(way, [only] if group == Some(only.id.as_str()));
    holding.why.is_direct || holding.why.ways.iter().any(|way| is_by_it(way))
}

/// What a page is about.
struct About {
    path: String,
    group: Option<String>,
    is_owner: bool,
}

impl Grants {
    /// What is offered for a user who holds this.
    pub(super) async fn of_user(ctx: &Ctx, id: &str, held: &[Holding], is_owner: bool) -> Result<Self, ConsoleError> {
        let admin = assignments::offered(ctx, RoleType::Admin, false).await?;
        let about = About { path: format!("/console/users/{id}/roles"), group: None, is_owner };
        Self::of(ctx, about, admin, held.iter()).await?.with_bots(ctx).await
    }

    /// What is offered for a group that holds this.
    pub(super) async fn of_group(ctx: &Ctx, id: &str, held: &[Holding]) -> Result<Self, ConsoleError> {
        let admin = assignments::offered(ctx, RoleType::Admin, true).await?;
        let path = format!("/console/groups/{id}/roles");
        let about = About { path, group: Some(id.to_owned()), is_owner: false };
        Self::of(ctx, about, admin, held.iter()).await?.with_bots(ctx).await
    }

    /// What is offered for a bot on which this is held.
    pub(super) async fn of_bot<'h>(
        ctx: &Ctx,
        id: &str,
        held: impl Iterator<Item = &'h Holding>,
    ) -> Result<Self, ConsoleError> {
        let about = About { path: format!("/console/bots/{id}/roles"), group: None, is_owner: false };
        Self::of(ctx, about, Offer::default(), held).await
    }

    async fn of<'h>(
        ctx: &Ctx,
        about: About,
        admin: Offer,
        held: impl Iterator<Item = &'h Holding>,
    ) -> Result<Self, ConsoleError> {
        let About { path, group, is_owner } = about;
        let bot = assignments::offered(ctx, RoleType::Bot, false).await?;
        let own = held.filter(|holding| is_own(holding, group.as_deref()));
        let own: BTreeSet<String> = own.map(|holding| holding.role.id.clone()).collect();
        let takeable = assignments::takeable(ctx, &own.into_iter().collect::<Vec<_>>(), is_owner).await?;
        Ok(Self { path, admin, bot, bots: Vec::new(), takeable, group })
    }

    async fn with_bots(mut self, ctx: &Ctx) -> Result<Self, ConsoleError> {
        if !self.bot.is_nothing() {
            let found = bots::search(ctx, "", Page::first(SUGGESTED)).await?.items;
            self.bots = found.into_iter().map(|owned| owned.bot.name).collect();
        }
        Ok(self)
    }

    /// Whether what is held can be taken: it comes from no other group, and whoever asks may.
    pub(super) fn may_take(&self, holding: &Holding) -> bool {
        is_own(holding, self.group.as_deref()) && self.takeable.contains(&holding.role.id)
    }

    /// Whether there is anything that can be taken.
    pub(super) fn may_take_any(&self) -> bool {
        !self.takeable.is_empty()
    }
}

/// Gives a user a role, or takes it.
pub(super) async fn of_user(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let bot = bot(&caller.ctx, &form).await?;
    change(&server, &caller.ctx, &form, bot, Principal::UserId(id.clone())).await?;
    Ok(Redirect::to(&format!("/console/users/{id}#held")))
}

/// Gives a group a role, or takes it.
pub(super) async fn of_group(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let bot = bot(&caller.ctx, &form).await?;
    change(&server, &caller.ctx, &form, bot, Principal::GroupId(id.clone())).await?;
    Ok(Redirect::to(&format!("/console/groups/{id}#gives")))
}

/// Gives somebody a role on a bot, or takes it: whom the form names by id, by address, or by a group's name.
pub(super) async fn of_bot(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let who = match (form.field("user_id"), form.field("who")) {
        ("", who) if who.contains('@') => Principal::Email(who.to_owned()),
        ("", who) => Principal::GroupName(who.to_owned()),
        (id, _) => Principal::UserId(id.to_owned()),
    };
    change(&server, &caller.ctx, &form, Some(id.clone()), who).await?;
    Ok(Redirect::to(&format!("/console/bots/{id}#holders")))
}

fn role_type(form: &Form) -> Result<RoleType, Problem> {
    RoleType::parse(form.field("type")).ok_or_else(|| Problem::new("type", say::must_be_admin_or_bot()))
}

/// The id of the bot that the form is about, if it is about a bot role: as it is given, or by its name.
async fn bot(ctx: &Ctx, form: &Form) -> Result<Option<String>, ConsoleError> {
    match (role_type(form)?, form.field("bot_id")) {
        (RoleType::Admin, _) => Ok(None),
        (RoleType::Bot, "") => Ok(Some(assignments::bot_named(ctx, form.field("bot")).await?)),
        (RoleType::Bot, id) => Ok(Some(id.to_owned())),
    }
}

async fn change(
    server: &Server,
    ctx: &Ctx,
    form: &Form,
    bot_id: Option<String>,
    principal: Principal,
) -> Result<(), ConsoleError> {
    let role_type = role_type(form)?;
    let action = match form.field("do") {
        "give" => Action::Add,
        "take" => Action::Remove,
        _ => return Err(Problem::new("do", say::must_be_give_or_take()).into()),
    };
    let role_id = match form.field("role_id") {
        "" => assignments::role_named(ctx, role_type, form.field("role")).await?,
        id => id.to_owned(),
    };
    let wish = Wish { action, principal, list: "who", index: 0 };
    let element = Element { role_id, bot_id, wishes: vec![wish] };
    Ok(server.assignments.apply(ctx, role_type, vec![element]).await?)
}
