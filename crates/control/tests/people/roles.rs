use rolecall_control::{
    Ctx, Error, Rule,
    assignments::{self, Action, Element, Principal, Wish},
    holdings,
    roles::{self, Edit, Fixed, NewRole},
    version::Expected,
};
use rolecall_model::{
    bot::Bot,
    page::Page,
    role::{Level, Permissions, Role, RoleType},
};
use rolecall_testkit::{TestApp, each_engine};

use super::{entries_after, refused_for};

fn new_role(role_type: RoleType, name: &str) -> NewRole {
    let permissions = match role_type {
        RoleType::Admin => Permissions::of([("Invite", Level::Yes)]),
        RoleType::Bot => Permissions::of([("Tasks", Level::Full), ("Channels", Level::No)]),
    };
    NewRole { role_type, name: name.to_owned(), description: String::new(), permissions, ref_id: None }
}

async fn made(ctx: &Ctx, role_type: RoleType, name: &str) -> Role {
    roles::create(ctx, &new_role(role_type, name)).await.expect("the name is free")
}

async fn give(ctx: &Ctx, role: &Role, bot: Option<&Bot>, to: &[Principal]) {
    let wish = |(index, principal): (usize, &Principal)| Wish {
        action: Action::Add,
        principal: principal.clone(),
        list: "list",
        index,
    };
    let wishes = to.iter().enumerate().map(wish).collect();
    let element = Element { role_id: role.id.clone(), bot_id: bot.map(|bot| bot.id.clone()), wishes };
    assignments::apply(ctx, role.role_type, &[element]).await.expect("it can be assigned");
}

fn renamed(name: &str) -> Edit {
    Edit { name: Some(name.to_owned()), ..Edit::default() }
}

each_engine! {
    async fn of_two_who_edit_a_role_the_second_is_told_and_nothing_is_lost(app: TestApp) {
        let ctx = app.operator();
        let role = made(&ctx, RoleType::Bot, "Editor").await;
        let n = app.entries().await.len();
        let seen = Expected::One(vec![roles::version(&role)]);
        let permissions = Permissions::of([("Tasks", Level::View)]);
        let first = Edit { permissions: Some(permissions.clone()), ..Edit::default() };
        let changed = roles::update(&ctx, &role.id, &seen, &first).await.expect("it is as it was seen");
        let second = Edit { permissions: Some(Permissions::of([("Tasks", Level::No)])), ..renamed("Reader") };
        assert_eq!(refused_for(roles::update(&ctx, &role.id, &seen, &second).await), Some(Rule::Stale));
        assert_eq!(refused_for(roles::remove(&ctx, &role.id, &seen).await), Some(Rule::Stale));
        assert_eq!(roles::get(&ctx, &role.id).await.expect("it is there"), changed);
        assert_eq!(changed.permissions, permissions);
        let again = Expected::One(vec![roles::version(&changed)]);
        roles::update(&ctx, &role.id, &again, &renamed("Reader")).await.expect("it is as it was seen");
        insta::assert_snapshot!("role_edited", entries_after(&app, n).await);
    }

    async fn of_two_who_edit_a_role_at_once_one_is_told(app: TestApp) {
        let ctx = app.operator();
        let role = made(&ctx, RoleType::Bot, "Editor").await;
        let seen = Expected::One(vec![roles::version(&role)]);
        let (one, other) = (renamed("One"), renamed("Other"));
        let (one, other) =
            tokio::join!(roles::update(&ctx, &role.id, &seen, &one), roles::update(&ctx, &role.id, &seen, &other));
        let n_done = usize::from(one.is_ok()) + usize::from(other.is_ok());
        assert_eq!(n_done, 1);
        assert_eq!(refused_for(if one.is_ok() { other } else { one }), Some(Rule::Stale));
    }

    async fn a_role_that_stays_as_it_is_leaves_no_trace(app: TestApp) {
        let ctx = app.operator();
        let role = made(&ctx, RoleType::Admin, "Helper").await;
        let revision = app.revision().await;
        let same = Edit { name: Some(role.name.clone()), description: None, permissions: Some(role.permissions.clone()) };
        app.clock.advance_ms(5);
        assert_eq!(roles::update(&ctx, &role.id, &Expected::Any, &same).await.expect("it is there"), role);
        assert_eq!(app.revision().await, revision);
    }

    async fn a_name_and_a_key_are_one_roles_of_a_type_only(app: TestApp) {
        let ctx = app.operator();
        let role = made(&ctx, RoleType::Bot, "Editor").await;
        let other = made(&ctx, RoleType::Bot, "Reader").await;
        made(&ctx, RoleType::Admin, "Editor").await;
        let revision = app.revision().await;
        for name in ["EDITOR", "bot  owner", "Ｂｏｔ Tester"] {
            assert_eq!(refused_for(roles::create(&ctx, &new_role(RoleType::Bot, name)).await), Some(Rule::Taken));
            assert_eq!(refused_for(roles::update(&ctx, &other.id, &Expected::Any, &renamed(name)).await), Some(Rule::Taken));
            assert_eq!(refused_for(roles::copy(&ctx, &role.id, name, None).await), Some(Rule::Taken));
        }
        let same_key = NewRole { ref_id: Some(role.ref_id.clone()), ..new_role(RoleType::Bot, "New") };
        assert_eq!(refused_for(roles::create(&ctx, &same_key).await), Some(Rule::Taken));
        let nameless = NewRole { description: "x".repeat(2_001), ref_id: Some("\n".to_owned()), ..new_role(RoleType::Bot, "") };
        let refused = roles::create(&ctx, &nameless).await;
        assert!(matches!(refused, Err(Error::Invalid(problems)) if problems.clone().into_vec().len() == 3));
        assert_eq!(app.revision().await, revision);
        roles::update(&ctx, &role.id, &Expected::Any, &renamed("EDITOR")).await.expect("its own name is free");
    }

    async fn a_copy_grants_the_same_and_is_held_by_nobody(app: TestApp) {
        let ctx = app.operator();
        let built_in = roles::list(&ctx, RoleType::Bot, Page::first(9)).await.expect("a list").items.remove(0);
        let copy = roles::copy(&ctx, &built_in.id, "Deputy", None).await.expect("the name is free");
        assert_eq!((&copy.permissions, &copy.description), (&built_in.permissions, &built_in.description));
        assert_eq!((copy.is_built_in, roles::fixed(&copy)), (false, Fixed::Nothing));
        assert_ne!((&copy.id, &copy.ref_id), (&built_in.id, &built_in.ref_id));
        let removal = roles::removal(&ctx, &copy.id).await.expect("it is there");
        assert!(removal.places.is_empty() && removal.users.is_empty() && removal.groups.is_empty());
        let described = roles::copy(&ctx, &copy.id, "Deputy 2", Some("Stands in")).await.expect("the name is free");
        assert_eq!(described.description, "Stands in");
    }

    async fn what_is_fixed_of_built_in_roles_stays(app: TestApp) {
        let ctx = app.operator();
        let other = Permissions::of([("Tasks", Level::No)]);
        let mut all = Vec::new();
        for role_type in [RoleType::Admin, RoleType::Bot] {
            all.extend(roles::list(&ctx, role_type, Page::first(9)).await.expect("a list").items);
        }
        let shown: Vec<_> = all.iter().map(|role| (role.name.as_str(), roles::fixed(role))).collect();
        assert_eq!(shown, [("admin", Fixed::All), ("Bot Owner", Fixed::All), ("Bot Developer", Fixed::Name), ("Bot Tester", Fixed::Name)]);
        for role in &all {
            let regranted = Edit { permissions: Some(other.clone()), ..Edit::default() };
            let update = async |edit: &Edit| roles::update(&ctx, &role.id, &Expected::Any, edit).await;
            assert_eq!(refused_for(update(&renamed("Other")).await), Some(Rule::RoleFixed));
            assert_eq!(refused_for(roles::remove(&ctx, &role.id, &Expected::Any).await), Some(Rule::RoleFixed));
            let changed = update(&regranted).await;
            match roles::fixed(role) {
                Fixed::All => assert_eq!(refused_for(changed), Some(Rule::RoleFixed)),
                _ => assert_eq!(changed.expect("it can be changed").permissions, other),
            }
        }
    }

    async fn a_role_that_goes_is_taken_from_everybody_as_it_was_told_before(app: TestApp) {
        let ctx = app.operator();
        let people = app.users((0..101).map(|nth| format!("user{nth}@acme.example"))).await;
        let care = app.group("Care", &[&people[0]]).await;
        let (travel, hotels) = (app.bot("Travel").await, app.bot("Hotels").await);
        let role = made(&ctx, RoleType::Bot, "Editor").await;
        let everybody: Vec<_> = people.iter().map(|user| Principal::Email(user.email.clone())).collect();
        give(&ctx, &role, Some(&travel), &everybody).await;
        give(&ctx, &role, Some(&hotels), &[everybody[0].clone(), Principal::GroupName("Care".to_owned())]).await;

        let removal = roles::removal(&ctx, &role.id).await.expect("it is there");
        let places: Vec<_> = removal.places.iter().map(|(bot, place)| (bot.as_ref().map(|bot| bot.name.as_str()), place.n_users, place.n_groups)).collect();
        assert_eq!(places, [(Some("Travel"), 101, 0), (Some("Hotels"), 1, 1)]);
        assert_eq!(removal.users.len(), roles::MAX_HOLDERS);
        assert_eq!(removal.users[0].who.name, "user0@acme.example");
        let losers: Vec<_> = removal.groups.iter().map(|loser| (loser.who.id.as_str(), loser.bot.as_ref().map(|bot| bot.id.as_str()))).collect();
        assert_eq!(losers, [(care.id.as_str(), Some(hotels.id.as_str()))]);

        let n = app.entries().await.len();
        roles::remove(&ctx, &role.id, &Expected::Any).await.expect("it is there");
        assert_eq!(app.entries().await.len() - n, 104, "an entry for each who held it, and one for the role");
        assert_eq!(refused_for(roles::get(&ctx, &role.id).await), Some(Rule::UnknownRole));
        let all = holdings::list(&ctx, Page::first(200), None).await.expect("a list").users.items;
        assert!(all.iter().all(|(_, held)| held.on_bots.iter().all(|(_, held)| held.role.name == "Bot Owner")));
        made(&ctx, RoleType::Bot, "Editor").await;
    }

    async fn an_admin_role_is_held_on_the_account_alone(app: TestApp) {
        let ctx = app.operator();
        let role = made(&ctx, RoleType::Admin, "Helper").await;
        give(&ctx, &role, None, &[Principal::Email("owner@acme.example".to_owned())]).await;
        let removal = roles::removal(&ctx, &role.id).await.expect("it is there");
        assert_eq!(removal.places.len(), 1);
        assert_eq!((removal.places[0].0.as_ref(), removal.places[0].1.n_users), (None, 1));
        assert_eq!((removal.users[0].who.name.as_str(), removal.users[0].bot.as_ref()), ("owner@acme.example", None));
    }

    async fn a_role_of_another_account_is_nobodys(app: TestApp) {
        let role = made(&app.operator(), RoleType::Bot, "Editor").await;
        let other = app.another_tenant().await;
        let theirs = Ctx { account: other.account.no, ..app.operator() };
        assert_eq!(refused_for(roles::get(&theirs, &role.id).await), Some(Rule::UnknownRole));
        assert_eq!(refused_for(roles::removal(&theirs, &role.id).await), Some(Rule::UnknownRole));
        assert_eq!(refused_for(roles::copy(&theirs, &role.id, "Copy", None).await), Some(Rule::UnknownRole));
        assert_eq!(refused_for(roles::update(&theirs, &role.id, &Expected::Any, &renamed("X")).await), Some(Rule::UnknownRole));
        assert_eq!(refused_for(roles::remove(&theirs, &role.id, &Expected::Any).await), Some(Rule::UnknownRole));
    }
}
