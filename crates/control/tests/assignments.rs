//! Assignments within other changes: ended with what they were of, and gone from the lists.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

use rolecall_control::{
    assignments::{self, Known},
    holdings,
};
use rolecall_model::{
    bot::Bot,
    group::Group,
    ids::RoleNo,
    page::Page,
    role::{Role, RoleType},
    time::Instant,
    user::User,
};
use rolecall_store::assignments::{Assignment, Holder, NO_BOT};
use rolecall_testkit::{TestApp, each_engine};

/// Two users, a group with the first of them in it, a bot, and a role of each type; each of the
/// users and the group holds both roles.
struct Company {
    users: Vec<User>,
    group: Group,
    bot: Bot,
    tester: Role,
    manager: Role,
}

impl Company {
    async fn found(app: &TestApp) -> Self {
        let users = app.users(["ann@acme.example", "ben@acme.example"]).await;
        let group = app.group("Staff", &[&users[0]]).await;
        let bot = app.bot("Travel").await;
        let tester = role(app, RoleType::Bot, "Bot Tester").await;
        // A custom admin role, which groups may hold, too.
        let manager = Role {
            no: RoleNo(9_000),
            id: "0123456789abcdef01234567".to_owned(),
            name: "Manager".to_owned(),
            ref_id: "manager".to_owned(),
            is_built_in: false,
            ..role(app, RoleType::Admin, "admin").await
        };
        let company = Self { users, group, bot, tester, manager };
        app.change(async |change| {
            let account = change.account_no();
            rolecall_store::roles::insert(change.tx, account, std::slice::from_ref(&company.manager)).await?;
            assignments::add(change, &mut Known::default(), &company.assignments()).await
        })
        .await;
        company
    }

    fn assignments(&self) -> Vec<Assignment> {
        let users = self.users.iter().map(|user| Holder::User(user.no));
        let holders: Vec<Holder> = users.chain([Holder::Group(self.group.no)]).collect();
        let on = |bot, role| holders.iter().map(move |holder| Assignment { bot, role, holder: *holder });
        on(self.bot.no, self.tester.no).chain(on(NO_BOT, self.manager.no)).collect()
    }
}

async fn role(app: &TestApp, role_type: RoleType, name: &str) -> Role {
    let list = rolecall_control::roles::export(&app.operator(), role_type).await.expect("roles");
    list.into_iter().find(|role| role.name == name).expect("a role of that name")
}

/// What each user but the owner holds, in words.
async fn held(app: &TestApp, at: Option<Instant>) -> Vec<String> {
    let list = holdings::list(&app.operator(), Page::first(100), at).await.expect("the list");
    let mut lines = Vec::new();
    for (user, roles) in list.users.items.into_iter().skip(1) {
        let on_bots = roles.on_bots.into_iter().map(|(bot, held)| (format!(" on {}", bot.name), held));
        for (place, held) in on_bots.chain(roles.on_account.into_iter().map(|held| (String::new(), held))) {
            let direct = if held.is_direct { "itself" } else { "not itself" };
            lines.push(format!("{}: {}{place}, {direct}, {:?}", user.email, held.role.name, held.groups));
        }
    }
    lines
}

const ALL: [&str; 4] = [
    "ann@acme.example: Bot Tester on Travel, itself, [\"Staff\"]",
    "ann@acme.example: Manager, itself, [\"Staff\"]",
    "ben@acme.example: Bot Tester on Travel, itself, []",
    "ben@acme.example: Manager, itself, []",
];

each_engine! {
    async fn what_ends_with_a_user_is_noted_and_stays_in_the_past(app: TestApp) {
        let company = Company::found(&app).await;
        let (before, n) = (rolecall_control::Clock::now(&*app.clock), app.entries().await.len());
        app.clock.advance_ms(1);
        app.change(async |change| {
            let held = holdings::of_users(change.tx, app.tenant.account.no, &[company.users[0].no], None).await?;
            assert_eq!(held.len(), 1);
            let mine = company.assignments().into_iter().filter(|one| one.holder == Holder::User(company.users[0].no));
            assignments::end(change, &mut Known::default(), &mine.collect::<Vec<_>>()).await
        }).await;
        assert_eq!(app.entries().await.len() - n, 2);
        assert_eq!(held(&app, None).await, [
            "ann@acme.example: Bot Tester on Travel, not itself, [\"Staff\"]",
            "ann@acme.example: Manager, not itself, [\"Staff\"]",
            ALL[2],
            ALL[3],
        ]);
        assert_eq!(held(&app, Some(before)).await, ALL);
    }

    async fn what_ends_with_a_group_is_noted_and_stays_in_the_past(app: TestApp) {
        let company = Company::found(&app).await;
        let (before, n) = (rolecall_control::Clock::now(&*app.clock), app.entries().await.len());
        app.clock.advance_ms(1);
        app.change(async |change| assignments::end_all_of_group(change, company.group.no).await).await;
        let entries = app.entries().await;
        assert!(entries[n..].iter().all(|entry| entry.event == "Role Deleted for Groups"));
        assert_eq!(entries.len() - n, 2);
        assert_eq!(held(&app, None).await.iter().filter(|line| line.contains("Staff")).count(), 0);
        assert_eq!(held(&app, Some(before)).await, ALL);
    }

    async fn what_ends_with_a_role_is_noted_and_stays_in_the_past(app: TestApp) {
        let company = Company::found(&app).await;
        for (role, left) in [(&company.manager, 2), (&company.tester, 0)] {
            let (before, n) = (rolecall_control::Clock::now(&*app.clock), app.entries().await.len());
            let seen = held(&app, None).await;
            app.clock.advance_ms(1);
            app.change(async |change| assignments::end_all_of_role(change, role.no).await).await;
            assert_eq!(app.entries().await.len() - n, 3);
            assert_eq!(held(&app, None).await.len(), left);
            assert_eq!(held(&app, Some(before)).await, seen);
        }
    }

    async fn what_ends_with_a_bot_is_noted_and_stays_in_the_past(app: TestApp) {
        let company = Company::found(&app).await;
        let (before, n) = (rolecall_control::Clock::now(&*app.clock), app.entries().await.len());
        app.clock.advance_ms(1);
        app.change(async |change| assignments::end_all_of_bot(change, company.bot.no).await).await;
        // The three that were given, and that of the bot's owner.
        assert_eq!(app.entries().await.len() - n, 4);
        assert_eq!(held(&app, None).await, [ALL[1], ALL[3]]);
        assert_eq!(held(&app, Some(before)).await, ALL);
    }

    async fn more_than_one_batch_of_assignments_ends_with_a_role(app: TestApp) {
        let emails = (0..1_100).map(|nth| format!("user-{nth}@acme.example"));
        let users = app.users(emails).await;
        let bot = app.bot("Travel").await;
        let tester = role(&app, RoleType::Bot, "Bot Tester").await;
        let all: Vec<Assignment> = users.iter()
            .map(|user| Assignment { bot: bot.no, role: tester.no, holder: Holder::User(user.no) }).collect();
        app.change(async |change| assignments::add(change, &mut Known::default(), &all).await).await;
        let n = app.entries().await.len();
        app.change(async |change| assignments::end_all_of_role(change, tester.no).await).await;
        assert_eq!(app.entries().await.len() - n, 1_100);
        assert!(held(&app, None).await.is_empty());
    }

    async fn a_page_takes_as_many_statements_for_many_users_as_for_few(app: TestApp) {
        let company = Company::found(&app).await;
        let statements = async |limit| {
            let ctx = app.operator();
            holdings::list(&ctx, Page::first(limit), None).await.expect("the list");
            ctx.meter.reading().n_statements
        };
        let for_few = statements(10).await;
        let users = app.users((0..400).map(|nth| format!("user-{nth}@acme.example"))).await;
        let all = users.iter().flat_map(|user| {
            let holder = Holder::User(user.no);
            [Assignment { bot: company.bot.no, role: company.tester.no, holder },
             Assignment { bot: NO_BOT, role: company.manager.no, holder }]
        });
        let all: Vec<Assignment> = all.collect();
        app.change(async |change| assignments::add(change, &mut Known::default(), &all).await).await;
        assert_eq!(statements(403).await, for_few);
        assert!(for_few <= 11, "{for_few}");
    }

    async fn groups_that_users_are_in_are_named_in_order(app: TestApp) {
        let users = app.users(["ann@acme.example", "ben@acme.example"]).await;
        app.group("Staff", &[&users[0]]).await;
        app.group("Audit", &[&users[0]]).await;
        let ctx = app.operator();
        let mut tx = ctx.read().await.expect("a transaction");
        let nos = [users[0].no, users[1].no];
        let groups = holdings::groups_of_users(&mut tx, ctx.account, &nos).await.expect("groups");
        let names: Vec<&str> = groups[&users[0].no].iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["Audit", "Staff"]);
        assert!(!groups.contains_key(&users[1].no));
    }
}
