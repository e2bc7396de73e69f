use rolecall_control::{
    assignments::Action,
    users::{self, Grant, Key, Particulars, What, Wish},
};
use rolecall_testkit::{TestApp, each_engine};

const N: usize = 1_000;

/// A wish for each of [`N`] addresses, made by `wish` from its number and its address.
fn each<W>(wish: impl Fn(usize, String) -> Wish<W>) -> Vec<Wish<W>> {
    (0..N).map(|n| wish(n, format!("user{n}@acme.example"))).collect()
}

each_engine! {
    async fn many_users_are_made_changed_and_removed_in_few_statements(app: TestApp) {
        let (one, two, bot) = (app.group("One", &[]).await, app.group("Two", &[]).await, app.bot("Travel").await);
        let roles = rolecall_control::roles::export(&app.operator(), rolecall_model::role::RoleType::Bot).await;
        let tester = roles.expect("roles").pop().expect("the last built-in role").id;
        let group = |n: usize, action| {
            let id = if n.is_multiple_of(2) { one.id.clone() } else { two.id.clone() };
            Grant { what: What::Group(id), action, list: "groups", index: 0 }
        };
        let role = Grant {
            what: What::Role { role_id: tester, bot_id: Some(bot.id.clone()) },
            action: Action::Add,
            list: "roles",
            index: 0,
        };

        let ctx = app.operator();
        let made = each(|n, who| Wish {
            who,
            particulars: Particulars { org_user_id: Some(n.to_string()), ..Particulars::default() },
            grants: vec![group(n, Action::Add), role.clone()],
        });
        assert_eq!(users::create(&ctx, &made).await.expect("they are made"), []);
        let n_made = ctx.meter.reading().n_statements;

        let ctx = app.operator();
        let changed = each(|n, email| Wish {
            who: Key::Email(email),
            particulars: Particulars { first_name: Some(format!("Number {n}")), ..Particulars::default() },
            grants: vec![group(n, Action::Remove), group(n + 1, Action::Add)],
        });
        assert_eq!(users::update(&ctx, &changed).await.expect("they are changed"), []);
        let n_changed = ctx.meter.reading().n_statements;

        let ctx = app.operator();
        let keys: Vec<Key> = (0..N).map(|n| Key::OrgUserId(n.to_string())).collect();
        let known = users::info(&ctx, &keys, None).await.expect("they are known");
        let n_known = ctx.meter.reading().n_statements;
        for (n, known) in known.into_iter().enumerate() {
            let known = known.expect("it is there");
            assert_eq!(known.user.first_name, format!("Number {n}"));
            assert_eq!(known.groups[0].name, if n % 2 == 0 { "Two" } else { "One" });
            assert_eq!(known.roles.on_bots[0].1.role.name, "Bot Tester");
        }

        let ctx = app.operator();
        assert_eq!(users::remove(&ctx, &keys).await.expect("they are removed").n_gone, N);
        let n_removed = ctx.meter.reading().n_statements;
        assert!(users::info(&ctx, &keys, None).await.expect("nobody").iter().all(Result::is_err));

        let counts = [n_made, n_changed, n_known, n_removed];
        assert!(counts.iter().all(|n| *n <= 160), "{counts:?}");
    }
}
