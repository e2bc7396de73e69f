//! Calls that arrive together are done together, and none of them notices.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails the test")]

use std::{
    collections::BTreeSet,
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rolecall_control::{
    Change, Ctx, Error, Rule,
    assignments::{self, Action, Element, Principal, Queue, Wish},
    doctor, holdings, roles,
};
use rolecall_model::{audit::Actor, page::Page, role::RoleType, time::Instant};
use rolecall_store::{Error as StoreError, Meter, MeterReading};
use rolecall_testkit::{TestApp, each_engine};
use tokio::task::JoinSet;

const EMAILS: [&str; 4] = ["ann@acme.example", "ben@acme.example", "cat@acme.example", "dan@acme.example"];

/// Four users, two groups, two bots; calls about either bot, which differ in nothing else.
struct Company {
    bots: [String; 2],
    roles: [String; 2],
    admin: String,
}

impl Company {
    async fn found(app: &TestApp) -> Self {
        let users = app.users(EMAILS).await;
        app.group("Staff", &[&users[0], &users[1]]).await;
        app.group("Audit", &[]).await;
        let bots = [app.bot("One").await.id, app.bot("Two").await.id];
        let role = async |role_type, name: &str| {
            let list = roles::export(&app.operator(), role_type).await.expect("roles");
            list.into_iter().find(|role| role.name == name).expect("a role of that name").id
        };
        let bot_roles = [role(RoleType::Bot, "Bot Tester").await, role(RoleType::Bot, "Bot Developer").await];
        Self { bots, roles: bot_roles, admin: role(RoleType::Admin, "admin").await }
    }

    fn element(&self, bot: usize, wishes: &[(Action, Principal)]) -> Element {
        element(&self.roles[0], Some(&self.bots[bot]), wishes)
    }

    /// A call that one in three times cannot be carried out, on either bot.
    fn any_call(&self, rng: &mut StdRng) -> [Vec<Element>; 2] {
        let n_elements = rng.random_range(1..=2);
        let calls = (0..n_elements).map(|_| {
            let role = if rng.random_bool(0.05) { "none" } else { &self.roles[rng.random_range(0..2)] };
            let wishes: Vec<_> = (0..rng.random_range(1..=4)).map(|_| any_wish(rng)).collect();
            let bot = |nth: usize| element(role, Some(&self.bots[nth]), &wishes);
            [bot(0), bot(1)]
        });
        let (one, two): (Vec<Element>, Vec<Element>) = calls.map(|[one, two]| (one, two)).unzip();
        [one, two]
    }
}

fn any_wish(rng: &mut StdRng) -> (Action, Principal) {
    let action = if rng.random_bool(0.6) { Action::Add } else { Action::Remove };
    let principal = match rng.random_range(0..40) {
        0 => Principal::Email("nobody@acme.example".to_owned()),
        // PostgreSQL takes no text with this in it and fails the statement.
        1 => Principal::Email("a\0b".to_owned()),
        2..10 => Principal::GroupName(["Staff", "audit"][rng.random_range(0..2)].to_owned()),
        10..15 => Principal::OrgUserId(["emp-ann", "emp-ben"][rng.random_range(0..2)].to_owned()),
        _ => Principal::Email(EMAILS[rng.random_range(0..4)].to_owned()),
    };
    (action, principal)
}

fn element(role: &str, bot: Option<&str>, wishes: &[(Action, Principal)]) -> Element {
    let wishes = wishes.iter().enumerate().map(|(index, (action, principal))| Wish {
        action: *action,
        principal: principal.clone(),
        list: "list",
        index,
    });
    Element { role_id: role.to_owned(), bot_id: bot.map(str::to_owned), wishes: wishes.collect() }
}

fn user(email: &str) -> Principal {
    Principal::Email(email.to_owned())
}

/// The context of a request of its own of one app.
fn request(app: &TestApp, nth: usize) -> Ctx {
    let actor = Actor::App(format!("cs-{nth}"));
    Ctx::new(&app.server.core, app.tenant.account.no, actor, Meter::default())
}

/// Makes calls that all arrive before any of them is done, in their order; what became of each.
async fn together(app: &TestApp, queue: &Queue, calls: Vec<Vec<Element>>) -> Vec<Result<(), Error>> {
    let calls = calls.into_iter().enumerate().map(|(nth, elements)| {
        let ctx = request(app, nth);
        async move { queue.apply(&ctx, RoleType::Bot, elements).await }
    });
    joined(app, calls).await
}

/// Begins each of `calls`, in order, while another change of the account is under way.
async fn joined<T>(app: &TestApp, calls: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut calls: Vec<_> = calls.into_iter().map(Box::pin).collect();
    let mut outcomes: Vec<Option<T>> = calls.iter().map(|_| None).collect();
    let ctx = app.operator();
    let mut tx = ctx.attempts().begin().await.expect("a transaction");
    Change::begin(&ctx, &mut tx).await.expect("a change");
    let mut poll_all = |cx: &mut Context<'_>| {
        for (call, outcome) in calls.iter_mut().zip(&mut outcomes) {
            if outcome.is_none()
                && let Poll::Ready(done) = call.as_mut().poll(cx)
            {
                *outcome = Some(done);
            }
        }
        if outcomes.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    };
    poll_fn(|cx| Poll::Ready(poll_all(cx).is_ready())).await;
    tx.rollback().await.expect("it ends");
    poll_fn(poll_all).await;
    outcomes.into_iter().map(|outcome| outcome.expect("it is done")).collect()
}

/// Who holds what on the bot of that name, in words.
async fn held_on(app: &TestApp, bot: &str, at: Option<Instant>) -> BTreeSet<String> {
    let list = holdings::list(&app.operator(), Page::first(100), at).await.expect("the list");
    let rows = list.users.items.into_iter().flat_map(|(user, roles)| {
        let on_bots = roles.on_bots.into_iter().filter(|(on, _)| on.name == bot);
        on_bots.map(move |(_, held)| format!("{} {} {} {:?}", user.email, held.role.name, held.is_direct, held.groups))
    });
    rows.collect()
}

/// What was noted since entry `n` about the bot of that name, which is left out.
async fn noted_of(app: &TestApp, bot: &str, n: usize) -> Vec<String> {
    let place = format!(" on {bot} ");
    let entries = app.entries().await.into_iter().skip(n);
    let of_bot = entries.filter(|entry| entry.description.contains(&place));
    of_bot.map(|entry| format!("{} {}", entry.actor, entry.description.replace(&place, " "))).collect()
}

async fn assert_well(app: &TestApp) {
    let findings = doctor::check(&app.server.core).await;
    assert!(findings.iter().all(|finding| finding.is_ok), "{findings:?}");
}

each_engine! {
    async fn a_role_is_held_on_what_it_is_for_and_on_nothing_else(app: TestApp) {
        let company = Company::found(&app).await;
        let queue = Queue::default();
        let ben = [(Action::Add, user("ben@acme.example"))];
        for (role_type, wrong) in [
            (RoleType::Admin, element(&company.admin, Some(&company.bots[0]), &ben)),
            (RoleType::Bot, element(&company.roles[0], None, &ben)),
        ] {
            let fine = match role_type {
                RoleType::Admin => element(&company.admin, None, &ben),
                RoleType::Bot => company.element(0, &ben),
            };
            let refused = queue.apply(&request(&app, 0), role_type, vec![fine, wrong]).await;
            let Err(Error::Invalid(problems)) = refused else { panic!("{role_type:?}: {refused:?}") };
            let paths: Vec<String> = problems.into_vec().into_iter().map(|problem| problem.path).collect();
            assert_eq!(paths, ["/1/botId"], "{role_type:?}");
        }
        let held = holdings::list(&app.operator(), Page::first(100), None).await.expect("the list");
        let ben = held.users.items.into_iter().find(|(user, _)| user.email == "ben@acme.example").expect("ben").1;
        assert!(ben.on_bots.is_empty() && ben.on_account.is_empty(), "nothing of the calls was done");
    }

    async fn calls_done_together_come_to_the_same_as_one_after_the_other(app: TestApp) {
        let company = Company::found(&app).await;
        let queue = Queue::default();
        let mut rng = StdRng::seed_from_u64(4);
        let mut times = Vec::new();
        let mut n_refused = 0;
        for round in 0..25 {
            app.clock.advance_ms(1);
            let n_calls = rng.random_range(1..=12);
            let (ones, twos): (Vec<_>, Vec<_>) =
                (0..n_calls).map(|_| company.any_call(&mut rng)).map(|[one, two]| (one, two)).unzip();
            let n = app.entries().await.len();
            let outcomes = together(&app, &queue, ones).await;
            let mut expected = Vec::new();
            for (nth, elements) in twos.into_iter().enumerate() {
                expected.push(assignments::apply(&request(&app, nth), RoleType::Bot, &elements).await);
            }
            assert_eq!(format!("{outcomes:?}"), format!("{expected:?}"), "round {round}");
            assert_eq!(noted_of(&app, "One", n).await, noted_of(&app, "Two", n).await, "round {round}");
            assert_eq!(held_on(&app, "One", None).await, held_on(&app, "Two", None).await, "round {round}");
            n_refused += outcomes.iter().filter(|outcome| outcome.is_err()).count();
            times.push(rolecall_control::Clock::now(&*app.clock));
        }
        for at in times {
            assert_eq!(held_on(&app, "One", Some(at)).await, held_on(&app, "Two", Some(at)).await);
        }
        assert!((10..200).contains(&n_refused), "{n_refused}");
        assert_well(&app).await;
    }

    async fn a_bad_call_is_refused_for_its_own_faults_and_its_neighbours_are_done(app: TestApp) {
        let company = Company::found(&app).await;
        let add = |who: &str| vec![company.element(0, &[(Action::Add, user(who))])];
        let calls = vec![
            add(EMAILS[0]),
            vec![company.element(0, &[(Action::Add, user(EMAILS[3])), (Action::Add, user("nobody@acme.example"))])],
            add(EMAILS[1]),
        ];
        let outcomes = together(&app, &Queue::default(), calls).await;
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
        let Err(Error::Refused(faults)) = &outcomes[1] else { panic!("{outcomes:?}") };
        let told: Vec<_> = faults.iter().map(|fault| (fault.rule, fault.path.as_str())).collect();
        assert_eq!(told, [(Rule::UnknownUser, "/0/list/1")]);
        let holders = held_on(&app, "One", None).await;
        assert_eq!(holders.len(), 3, "the bot's owner and two more: {holders:?}");
    }

    async fn rules_hold_for_each_of_many_calls(app: TestApp) {
        let company = Company::found(&app).await;
        let owner = user(&app.tenant.account.owner_email);
        let (ctx, queue) = (app.operator(), Queue::default());
        let calls = [(Action::Add, user(EMAILS[0])), (Action::Remove, owner), (Action::Add, user(EMAILS[1])),
            (Action::Add, Principal::GroupName("Staff".to_owned()))];
        let calls = calls.iter().map(|wish| queue.apply(&ctx, RoleType::Admin, vec![element(&company.admin, None, std::slice::from_ref(wish))]));
        let outcomes = joined(&app, calls).await;
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
        for outcome in [&outcomes[1], &outcomes[3]] {
            let Err(Error::Refused(faults)) = outcome else { panic!("{outcomes:?}") };
            assert_eq!(faults[0].rule, Rule::RoleNotAssignable);
        }
    }

    async fn many_calls_take_few_statements_and_each_is_told_its_share(app: TestApp) {
        let emails: Vec<String> = (0..64).map(|nth| format!("user-{nth}@acme.example")).collect();
        app.users(&emails).await;
        let company = Company::found(&app).await;
        let queue = Queue::default();
        let requests: Vec<Ctx> = (0..emails.len()).map(|nth| request(&app, nth)).collect();
        let revision = app.revision().await;
        let calls = requests.iter().zip(&emails).map(|(ctx, email)| {
            queue.apply(ctx, RoleType::Bot, vec![company.element(0, &[(Action::Add, user(email))])])
        });
        assert!(joined(&app, calls).await.iter().all(Result::is_ok));
        let readings: Vec<MeterReading> = requests.iter().map(|ctx| ctx.meter.reading()).collect();
        let n_statements: u64 = readings.iter().map(|reading| reading.n_statements).sum();
        // Whoever came first may have been done alone.
        assert!((6..64).contains(&n_statements), "{n_statements}");
        assert!(readings.iter().all(|reading| reading.busy_us > 0), "{readings:?}");
        assert_eq!(held_on(&app, "One", None).await.len(), 1 + emails.len());
        assert!(app.revision().await <= revision + 2);
    }

    async fn adding_and_removing_the_same_at_once_ends_in_the_order_of_arrival(app: TestApp) {
        let company = Company::found(&app).await;
        let n = app.entries().await.len();
        let calls = [Action::Add, Action::Add, Action::Remove, Action::Add, Action::Remove, Action::Remove, Action::Add];
        let calls = calls.map(|action| vec![company.element(0, &[(action, user(EMAILS[0]))])]);
        let outcomes = together(&app, &Queue::default(), calls.to_vec()).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        let (given, taken) = ("Bot role Bot Tester assigned to ann@acme.example", "Bot role Bot Tester deleted for ann@acme.example");
        assert_eq!(noted_of(&app, "One", n).await, [
            format!("app:cs-0 {given}"), format!("app:cs-2 {taken}"), format!("app:cs-3 {given}"),
            format!("app:cs-4 {taken}"), format!("app:cs-6 {given}"),
        ]);
        assert_eq!(held_on(&app, "One", None).await.len(), 2);
        assert_well(&app).await;
    }

    async fn calls_of_many_tasks_end_in_one_order_that_the_log_tells(app: TestApp) {
        let company = Arc::new(Company::found(&app).await);
        let (queue, n) = (Queue::default(), app.entries().await.len());
        let mut tasks = JoinSet::new();
        for nth in 0..48 {
            let (ctx, queue, company) = (request(&app, nth), queue.clone(), Arc::clone(&company));
            tasks.spawn(async move {
                let action = if nth % 2 == 0 { Action::Add } else { Action::Remove };
                let elements = vec![company.element(0, &[(action, user(EMAILS[nth % 3]))])];
                queue.apply(&ctx, RoleType::Bot, elements).await
            });
        }
        while let Some(outcome) = tasks.join_next().await {
            outcome.expect("no task panics").expect("no call is refused");
        }
        // Each begins and ends by turns, and the last entry of each says whether it holds.
        let noted = noted_of(&app, "One", n).await;
        let held = held_on(&app, "One", None).await;
        for email in &EMAILS[..3] {
            let of_user: Vec<bool> =
                noted.iter().filter(|line| line.ends_with(email)).map(|line| line.contains("assigned")).collect();
            assert!(of_user.iter().enumerate().all(|(nth, begins)| *begins == (nth % 2 == 0)), "{noted:?}");
            let holds = held.iter().any(|line| line.starts_with(email));
            assert_eq!(of_user.last().copied().unwrap_or(false), holds, "{email}");
        }
        assert_well(&app).await;
    }

    async fn a_caller_that_goes_away_takes_nobody_along(app: TestApp) {
        let company = Company::found(&app).await;
        let queue = Queue::default();
        let contexts: Vec<Ctx> = (0..3).map(|nth| request(&app, nth)).collect();
        let add = |nth: usize| {
            queue.apply(&contexts[nth], RoleType::Bot, vec![company.element(0, &[(Action::Add, user(EMAILS[nth]))])])
        };
        let (mut first, last) = (Box::pin(add(0)), add(2));
        {
            let mut gone = pin!(add(1));
            // All that both of these do at first is to wait in the queue.
            poll_fn(|cx| {
                assert!(first.as_mut().poll(cx).is_pending() && gone.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            }).await;
        }
        last.await.expect("it is done");
        first.await.expect("it is done");
        let held = held_on(&app, "One", None).await;
        let holds = |email: &str| held.iter().any(|line| line.starts_with(email));
        assert!(holds(EMAILS[0]) && holds(EMAILS[2]), "{held:?}");
    }

    async fn whoever_leaves_in_the_middle_of_the_work_leaves_the_next_call_alone(app: TestApp) {
        let company = Company::found(&app).await;
        let (queue, ctx) = (Queue::default(), request(&app, 0));
        for n_yields in 0..12 {
            let action = if n_yields % 2 == 0 { Action::Add } else { Action::Remove };
            let call = |who: &str| queue.apply(&ctx, RoleType::Bot, vec![company.element(0, &[(action, user(who))])]);
            {
                let mut first = pin!(call(EMAILS[0]));
                for _ in 0..n_yields {
                    let is_done = poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_ready())).await;
                    if is_done {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            call(EMAILS[1]).await.expect("it is done");
            let held = held_on(&app, "One", None).await;
            assert_eq!(held.iter().any(|line| line.starts_with(EMAILS[1])), action == Action::Add, "{n_yields}: {held:?}");
        }
        assert_well(&app).await;
    }

    async fn when_the_database_is_gone_every_call_is_told(app: TestApp) {
        let company = Company::found(&app).await;
        let queue = Queue::default();
        let add = || vec![company.element(0, &[(Action::Add, user(EMAILS[0]))])];
        app.db.db.close().await;
        // The second comes after the queue ran dry.
        for _ in 0..2 {
            let outcome = queue.apply(&request(&app, 0), RoleType::Bot, add()).await;
            assert!(matches!(outcome, Err(Error::Store(StoreError::Unreachable { .. }))), "{outcome:?}");
        }
    }

    async fn a_queue_takes_no_more_than_it_can_work_off(app: TestApp) {
        let queue = Queue::default();
        let outcomes = together(&app, &queue, vec![Vec::new(); 9_000]).await;
        assert!(outcomes[..8_192].iter().all(Result::is_ok));
        let is_busy = |outcome: &&Result<(), Error>| matches!(outcome, Err(Error::Store(StoreError::Busy { .. })));
        // Those at work when the rest came do not wait any more.
        assert!((296..=808).contains(&outcomes.iter().filter(is_busy).count()));
        assert!(together(&app, &queue, vec![Vec::new()]).await[0].is_ok());
    }
}
