//! All that lists show of an account, as text: as the store tells it, and as an image does.

use rolecall_control::{
    Ctx, bots, groups,
    holdings::{self, Held, Roles},
    roles,
};
use rolecall_model::{
    page::{Page, Start},
    role::RoleType,
};
use rolecall_roster::{Holdings, Roster, UserRef};

const TYPES: [RoleType; 2] = [RoleType::Admin, RoleType::Bot];
const ALL: Page = Page { limit: 1_000, start: Start::Offset(0) };

/// What the store's lists show.
pub(crate) async fn of_store(ctx: &Ctx) -> String {
    let mut lines = Vec::new();
    let users = holdings::list(ctx, ALL, None).await.expect("a list");
    lines.push(format!("{}: {} users", users.account_id, users.users.total));
    lines.extend(users_of_store(ctx, ALL).await);
    for role_type in TYPES {
        let list = roles::list(ctx, role_type, ALL).await.expect("a list");
        lines.push(format!("{} roles", list.total));
        lines.extend(list.items.iter().map(|role| format!("{role:?}")));
    }
    let list = bots::list(ctx, ALL).await.expect("a list");
    lines.push(format!("{} bots", list.total));
    for listed in list.items {
        let apps: Vec<_> = listed.apps.iter().map(|app| (&app.client_id, app.enforces_jti, app.created_at)).collect();
        lines.push(format!("{:?} {} {apps:?}", listed.bot, listed.owner_id));
    }
    let list = groups::list(ctx, ALL).await.expect("a list");
    lines.push(format!("{} groups", list.total));
    for listed in list.items {
        lines.push(format!("{:?} {} {}", listed.group, listed.n_users, listed.org_id));
        lines.extend(listed.groups.iter().map(|inside| format!("  {} {}", inside.id, inside.name)));
        lines.extend(listed.users.iter().map(|user| {
            format!("  {} {} {} {} {}", user.id, user.email, user.first_name, user.last_name, user.status)
        }));
    }
    lines.join("\n")
}

/// The users of a page of the store's, a line each, with where the next page begins.
pub(crate) async fn users_of_store(ctx: &Ctx, page: Page) -> Vec<String> {
    let list = holdings::list(ctx, page, None).await.expect("a list").users;
    let mut lines: Vec<String> = Vec::new();
    for (user, roles) in &list.items {
        let Roles { on_account, on_bots } = roles;
        let held = |held: &Held| format!("{} {} {} {:?}", held.role.id, held.role.name, held.is_direct, held.groups);
        let mut line =
            format!("{} {} {} {} {}", user.id, user.email, user.org_user_id, user.is_developer, user.can_create_bot);
        line.extend(on_account.iter().map(|role| format!("; {}", held(role))));
        line.extend(on_bots.iter().map(|(bot, role)| format!("; {} {}: {}", bot.id, bot.name, held(role))));
        lines.push(line);
    }
    lines.push(format!("more: {}", list.next_cursor.is_some()));
    lines
}

/// What an image shows.
pub(crate) fn of_image(image: &Roster) -> String {
    let mut lines = vec![format!("{}: {} users", image.account().id, image.n_users())];
    lines.extend(users_of_image(image, ALL));
    for role_type in TYPES {
        lines.push(format!("{} roles", image.n_roles(role_type)));
        lines.extend(image.roles(role_type, ALL.start).map(|role| format!("{:?}", role.get())));
    }
    lines.push(format!("{} bots", image.n_bots()));
    for bot in image.bots(ALL.start) {
        let owner = image.user(bot.owner_no).map(|owner| owner.id().to_string()).unwrap_or_default();
        let bound = image.apps().iter().filter(|app| app.bots.contains(&bot.id));
        let apps: Vec<_> = bound.map(|app| (&app.client_id, app.enforces_jti, app.created_at)).collect();
        lines.push(format!("{:?} {owner} {apps:?}", bot.get()));
    }
    lines.push(format!("{} groups", image.n_groups()));
    for group in image.groups(ALL.start) {
        lines.push(format!("{:?} {} {}", group.get(), group.n_users(), image.account().org_id));
        lines.extend(group.groups().map(|inside| format!("  {} {}", inside.get().id, inside.get().name)));
        lines.extend(group.users().map(|user| {
            let names = format!("{} {}", user.first_name(), user.last_name());
            format!("  {} {} {names} {}", user.id(), user.email(), user.status().as_str())
        }));
    }
    lines.join("\n")
}

/// The users of a page of an image, likewise.
pub(crate) fn users_of_image(image: &Roster, page: Page) -> Vec<String> {
    let limit = usize::try_from(page.limit).expect("a small number");
    let mut users = image.users(page.start);
    let mut lines: Vec<String> = users.by_ref().take(limit).map(user).collect();
    lines.push(format!("more: {}", users.next().is_some()));
    lines
}

fn user(user: UserRef<'_>) -> String {
    let mut line = format!(
        "{} {} {} {} {}",
        user.id(),
        user.email(),
        user.org_user_id(),
        user.is_developer(),
        user.can_create_bot()
    );
    let mut holdings = Holdings::default();
    holdings.read(user);
    let held = |held: rolecall_roster::Held<'_, '_>| {
        let groups: Vec<&str> = held.groups().map(|group| group.get().name.as_str()).collect();
        format!("{} {} {} {groups:?}", held.role.id, held.role.name, held.is_direct)
    };
    line.extend(holdings.on_account().map(|role| format!("; {}", held(role))));
    line.extend(holdings.on_bots().map(|role| {
        let bot = role.bot.expect("it is on one");
        format!("; {} {}: {}", bot.id, bot.name, held(role))
    }));
    line
}
