use rolecall_control::{
    Error, Rule,
    assignments::{self, Action, Element, Principal},
    groups::{self, Around, Edit, Member, MemberKind, Who, Wish},
    list,
    version::{Expected, Version},
};
use rolecall_model::{
    page::{Page, Start},
    role::RoleType,
};
use rolecall_testkit::{TestApp, each_engine};

use super::{entries_after, refused_for};

fn wish(is_added: bool, who: Who) -> Wish {
    Wish { is_added, who, path: "/here".to_owned() }
}

fn email(email: &str) -> Who {
    Who::Email(email.to_owned())
}

fn renamed(name: &str) -> Edit {
    Edit { name: Some(name.to_owned()), description: None }
}

/// Who is in a group, by address or name.
fn called(members: &[Member]) -> Vec<&str> {
    let names = members.iter().map(|member| match member {
        Member::User(user) => user.email.as_str(),
        Member::Group(group) => group.name.as_str(),
    });
    names.collect()
}

each_engine! {
    async fn of_two_who_edit_a_group_the_second_is_told_and_nothing_is_lost(app: TestApp) {
        let ctx = app.operator();
        let seen = groups::version(&app.group("Care", &[]).await);
        let id = groups::search(&ctx, "", Page::first(1)).await.expect("a list").items[0].group.id.clone();
        let n = app.entries().await.len();
        let expected = Expected::One(vec![seen.clone()]);
        let first = Edit { description: Some("Looks after guests".to_owned()), ..Edit::default() };
        groups::update(&ctx, &id, &expected, &first).await.expect("it is as it was seen");
        assert_eq!(refused_for(groups::update(&ctx, &id, &expected, &renamed("Guests")).await), Some(Rule::Stale));
        assert_eq!(refused_for(groups::remove(&ctx, &id, &expected).await), Some(Rule::Stale));
        let now = groups::get(&ctx, &id).await.expect("it is there");
        assert_eq!((now.name.as_str(), now.description.as_str()), ("Care", "Looks after guests"));

        let again = Expected::One(vec![groups::version(&now)]);
        groups::update(&ctx, &id, &again, &renamed("Guests")).await.expect("it is as it was seen");
        insta::assert_snapshot!("group_edited", entries_after(&app, n).await);
    }

    async fn a_group_that_stays_as_it_is_leaves_no_trace(app: TestApp) {
        let group = app.group("Care", &[]).await;
        let revision = app.revision().await;
        groups::update(&app.operator(), &group.id, &Expected::Any, &renamed("Care")).await.expect("it is there");
        assert_eq!(app.revision().await, revision);
        let other_case = groups::update(&app.operator(), &group.id, &Expected::Any, &renamed("CARE")).await;
        assert_eq!(other_case.expect("its own name is free").name, "CARE");
    }

    async fn a_group_is_changed_only_to_what_it_can_be(app: TestApp) {
        let ctx = app.operator();
        let group = app.group("Care", &[]).await;
        app.group("Sales", &[]).await;
        let other = app.another_tenant().await;
        let revision = app.revision().await;
        let update = async |id: &str, edit: Edit| groups::update(&ctx, id, &Expected::Any, &edit).await;
        assert_eq!(refused_for(update(&group.id, renamed("sales")).await), Some(Rule::Taken));
        assert!(matches!(update(&group.id, renamed(" ")).await, Err(Error::Invalid(_))));
        let wordy = Edit { description: Some("x".repeat(2_001)), ..Edit::default() };
        assert!(matches!(update(&group.id, wordy).await, Err(Error::Invalid(_))));
        assert_eq!(refused_for(update("e-0", renamed("Sales")).await), Some(Rule::UnknownGroup));
        let theirs = rolecall_control::Ctx { account: other.account.no, ..app.operator() };
        assert_eq!(refused_for(groups::remove(&theirs, &group.id, &Expected::Any).await), Some(Rule::UnknownGroup));
        assert_eq!(refused_for(groups::get(&theirs, &group.id).await), Some(Rule::UnknownGroup));
        assert_eq!(app.revision().await, revision);
    }

    async fn a_group_that_goes_takes_all_that_went_by_it_along(app: TestApp) {
        let ctx = app.operator();
        let people = app.users(["ann@acme.example", "bob@acme.example"]).await;
        let care = app.group("Care", &[&people[0], &people[1]]).await;
        let (all, oslo) = (app.group("All", &[]).await, app.group("Oslo", &[&people[0]]).await);
        for (group, who) in [(&all, "Care"), (&care, "Oslo")] {
            let wishes = [wish(true, Who::GroupName(who.to_owned()))];
            groups::change_members(&ctx, &group.id, &wishes).await.expect("no circle");
        }
        let roles = rolecall_control::roles::list(&ctx, RoleType::Bot, Page::first(3)).await.expect("a list").items;
        let bot = app.bot("Travel").await;
        let principal = Principal::GroupName("Care".to_owned());
        let wishes = vec![assignments::Wish { action: Action::Add, principal, list: "groups", index: 0 }];
        let element = Element { role_id: roles[2].id.clone(), bot_id: Some(bot.id), wishes };
        assignments::apply(&ctx, RoleType::Bot, &[element]).await.expect("it can be assigned");
        let n = app.entries().await.len();

        groups::remove(&ctx, &care.id, &Expected::Any).await.expect("it is there");
        insta::assert_snapshot!("group_removed", entries_after(&app, n).await);
        assert_eq!(refused_for(groups::get(&ctx, &care.id).await), Some(Rule::UnknownGroup));
        assert_eq!(groups::around(&ctx, &oslo.id).await.expect("it is there"), []);
        assert!(groups::members(&ctx, &all.id, None, Page::first(9)).await.expect("it is there").items.is_empty());
        app.group("care", &[]).await;
    }

    async fn members_come_and_go_in_one_transaction_by_whatever_they_are_known(app: TestApp) {
        let ctx = app.operator();
        let people = app.users(["ann@acme.example", "bob@acme.example", "cid@acme.example"]).await;
        let care = app.group("Care", &[&people[0]]).await;
        let (oslo, seoul) = (app.group("Oslo", &[]).await, app.group("Seoul", &[]).await);
        let n = app.entries().await.len();
        let wishes = [
            wish(true, Who::UserId(people[1].id.clone())),
            wish(true, email("BOB@acme.example")),
            wish(true, email("ann@acme.example")),
            wish(true, Who::GroupId(oslo.id.clone())),
            wish(true, Who::GroupName("seoul".to_owned())),
        ];
        let changed = groups::change_members(&ctx, &care.id, &wishes).await.expect("all are there");
        assert_eq!((changed.n_added, changed.n_removed), (3, 0), "who was in or is named twice does not count");
        let wishes = [
            wish(false, Who::GroupId(seoul.id.clone())),
            wish(false, email("ann@acme.example")),
            wish(false, email("cid@acme.example")),
            wish(true, Who::UserId(people[2].id.clone())),
        ];
        let refused = groups::change_members(&ctx, &care.id, &wishes).await;
        assert_eq!(refused_for(refused), Some(Rule::AddAndRemove));
        let changed = groups::change_members(&ctx, &care.id, &wishes[..2]).await.expect("all are there");
        assert_eq!((changed.n_added, changed.n_removed), (0, 2));
        insta::assert_snapshot!("members_changed", entries_after(&app, n).await);
    }

    async fn all_who_are_not_there_are_told_and_nobody_comes_or_goes(app: TestApp) {
        let ctx = app.operator();
        let people = app.users(["ann@acme.example"]).await;
        let care = app.group("Care", &[]).await;
        let inner = app.group("Inner", &[]).await;
        groups::change_members(&ctx, &care.id, &[wish(true, Who::GroupId(inner.id.clone()))]).await.expect("no circle");
        let revision = app.revision().await;
        let wishes = [
            wish(true, Who::UserId(people[0].id.clone())),
            wish(true, Who::UserId("u-0".to_owned())),
            wish(true, email("nobody@acme.example")),
            wish(false, Who::GroupId("e-0".to_owned())),
            wish(false, Who::GroupName("None".to_owned())),
        ];
        let refused = groups::change_members(&ctx, &care.id, &wishes).await.expect_err("four are not there");
        insta::assert_snapshot!("members_not_there", refused);
        let circle = [wish(true, Who::UserId(people[0].id.clone())), wish(true, Who::GroupId(care.id.clone()))];
        assert_eq!(refused_for(groups::change_members(&ctx, &inner.id, &circle).await), Some(Rule::GroupCycle));
        assert_eq!(refused_for(groups::change_members(&ctx, "e-0", &[]).await), Some(Rule::UnknownGroup));
        let too_many = vec![wish(true, email("ann@acme.example")); groups::MAX_WISHES + 1];
        assert!(matches!(groups::change_members(&ctx, &care.id, &too_many).await, Err(Error::Invalid(_))));
        assert_eq!(app.revision().await, revision);
    }

    async fn members_are_listed_page_by_page_of_both_kinds_or_one(app: TestApp) {
        let ctx = app.operator();
        let inner = app.group("Inner", &[]).await;
        let people = app.users((0..4).map(|nth| format!("user{nth}@acme.example"))).await;
        let late = app.group("Late", &[]).await;
        let care = app.group("Care", &people.iter().collect::<Vec<_>>()).await;
        let wishes = [&inner, &late].map(|group| wish(true, Who::GroupId(group.id.clone())));
        groups::change_members(&ctx, &care.id, &wishes).await.expect("no circle");
        let mut all = Vec::new();
        let mut page = Page::first(2);
        loop {
            let list = groups::members(&ctx, &care.id, None, page).await.expect("it is there");
            assert_eq!(list.total, 6);
            all.extend(list.items);
            let Some(cursor) = list.next_cursor else { break };
            let after = list::open_cursor(&ctx, &groups::list_name(&care.id), &cursor).expect("its own cursor");
            assert!(list::open_cursor(&ctx, &groups::list_name(&late.id), &cursor).is_err(), "another group's list");
            page.start = Start::After(after);
        }
        let users: Vec<&str> = people.iter().map(|user| user.email.as_str()).collect();
        assert_eq!(called(&all), [&["Inner"], users.as_slice(), &["Late"]].concat());
        let of_kind = async |kind| groups::members(&ctx, &care.id, Some(kind), Page::first(9)).await.expect("it is there");
        let (users_only, groups_only) = (of_kind(MemberKind::User).await, of_kind(MemberKind::Group).await);
        assert_eq!((called(&users_only.items), users_only.total), (users, 4));
        assert_eq!((called(&groups_only.items), groups_only.total), (vec!["Inner", "Late"], 2));
    }

    async fn a_group_tells_what_it_is_in_directly_and_by_way_of_others(app: TestApp) {
        let ctx = app.operator();
        let (one, two, three) = (app.group("One", &[]).await, app.group("Two", &[]).await, app.group("Three", &[]).await);
        for (outer, inner) in [(&one, &two), (&two, &three), (&one, &three)] {
            let wishes = [wish(true, Who::GroupId(inner.id.clone()))];
            groups::change_members(&ctx, &outer.id, &wishes).await.expect("no circle");
        }
        groups::change_members(&ctx, &one.id, &[wish(false, Who::GroupId(three.id.clone()))]).await.expect("it is in");
        let expected = [(one, false), (two, true)].map(|(group, is_direct)| Around { group, is_direct });
        assert_eq!(groups::around(&ctx, &three.id).await.expect("it is there"), expected);
    }

    async fn groups_are_found_by_how_their_names_begin(app: TestApp) {
        let ctx = app.operator();
        let people = app.users(["ann@acme.example"]).await;
        for name in ["Care Oslo", "care Seoul", "100% Care", "Käre", "고객 지원", "고객"] {
            app.group(name, &[&people[0]]).await;
        }
        let found = async |prefix: &str| {
            let list = groups::search(&ctx, prefix, Page::first(9)).await.expect("a list");
            assert_eq!(list.total, list.items.len() as u64);
            assert!(list.items.iter().all(|found| (found.n_users, found.n_groups) == (1, 0)));
            list.items.into_iter().map(|found| found.group.name).collect::<Vec<_>>()
        };
        assert_eq!(found("").await.len(), 6);
        assert_eq!(found("CARE").await, ["Care Oslo", "care Seoul"]);
        assert_eq!(found("100%").await, ["100% Care"]);
        assert_eq!(found("%").await, [""; 0]);
        assert_eq!(found("KÄR").await, ["Käre"]);
        assert_eq!(found("고객").await, ["고객 지원", "고객"]);
        let page = groups::search(&ctx, "care", Page::first(1)).await.expect("a list");
        assert_eq!((page.total, page.items.len()), (2, 1));
        assert!(page.next_cursor.is_some());
    }

    async fn a_version_that_somebody_made_up_is_that_of_nothing(app: TestApp) {
        let group = app.group("Care", &[]).await;
        let made_up = Expected::One(vec![Version::named(""), Version::named("x")]);
        assert_eq!(refused_for(groups::remove(&app.operator(), &group.id, &made_up).await), Some(Rule::Stale));
    }
}
