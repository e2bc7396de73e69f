use rolecall_control::{
    Error, Rule,
    erasure::{self, NewErasure},
};
use rolecall_model::{
    erasure::{Outcome, State, Subject},
    page::{Page, Start},
    time::Instant,
};
use rolecall_testkit::{TestApp, each_engine};

use super::{about, channel, outcomes, plain, refused_for, reported, requested};

each_engine! {
    async fn a_request_is_told_as_it_was_asked(app: TestApp) {
        let ctx = app.operator();
        let bot = app.bot("Travel").await;
        let not_before = ctx.now().plus_ms(60_000);
        let new = NewErasure {
            subjects: vec![plain("Ana@x.example"), channel("whatsapp", "4711"), plain(" ana@X.example ")],
            bot_ids: vec![bot.id.clone(), bot.id.clone()],
            is_all_bots: false,
            plan_hash: Some("a plan".to_owned()),
            not_before: Some(not_before),
            grounds: Some("art. 17(1)(b)".to_owned()),
            callback_url: Some("https://x.example/done".to_owned()),
        };
        let accepted = erasure::request(&ctx, &new).await.expect("it is accepted");
        assert!(accepted.id.starts_with("eud-"));

        let report = reported(&app, &accepted.id).await;
        assert_eq!((report.state, report.cause.as_str(), report.is_all_bots), (State::Pending, "", false));
        assert_eq!(report.bot_ids, [bot.id]);
        assert_eq!((report.grounds.as_deref(), &report.plan_hash, &report.map_hash), (Some("art. 17(1)(b)"), &None, &None));
        assert_eq!((report.not_before, report.next_attempt_at, report.ended_at), (not_before, Some(not_before), None));
        assert_eq!(report.deadline, report.requested_at.plus_ms(30 * 24 * 3_600_000));
        let told: Vec<Option<Subject>> = report.subjects.iter().map(|subject| subject.subject.clone()).collect();
        assert_eq!(told, [Some(plain("Ana@x.example")), Some(channel("whatsapp", "4711"))], "who is named twice counts once");
        assert_eq!(outcomes(&report), [(Outcome::Pending, ""); 2]);
        assert!(report.stores.is_empty() && report.quarantine.is_empty() && report.progress.is_empty() && !report.has_receipt);
    }

    async fn what_names_nobody_no_bot_or_an_unknown_one_is_refused(app: TestApp) {
        let ctx = app.operator();
        let other = app.another_tenant().await;
        let bot = app.bot("Travel").await;
        let revision = app.revision().await;
        let somebody = vec![plain("ana@x.example")];
        let invalid = async |new: &NewErasure| match erasure::request(&ctx, new).await {
            Err(Error::Invalid(problems)) => problems.to_string(),
            told => panic!("{told:?}"),
        };
        assert_eq!(invalid(&about(&[])).await, "/userIds: must name somebody");
        let crowd: Vec<Subject> = (0..1_001).map(|n| plain(&format!("p{n}"))).collect();
        assert_eq!(invalid(&about(&crowd)).await, "/userIds: must name at most 1000 users");
        let no_bots = NewErasure { subjects: somebody.clone(), ..NewErasure::default() };
        assert_eq!(invalid(&no_bots).await, "/botIds: is required unless RemoveDataFromAllBots is true");
        let late = NewErasure { not_before: Some(Instant::from_ms(i64::MAX)), ..about(&somebody) };
        assert!(invalid(&late).await.starts_with("/notBefore: must not be after "));

        let bot_ids = vec![bot.id, "st-nobodys".to_owned(), other.account.account_id];
        let unknown = NewErasure { subjects: somebody, bot_ids, ..NewErasure::default() };
        let Err(Error::Refused(faults)) = erasure::request(&ctx, &unknown).await else { panic!("it was accepted") };
        let told: Vec<(Rule, &str)> = faults.iter().map(|fault| (fault.rule, fault.path.as_str())).collect();
        assert_eq!(told, [(Rule::UnknownBot, "/botIds/1"), (Rule::UnknownBot, "/botIds/2")]);
        assert_eq!(app.revision().await, revision, "nothing was accepted");
        assert_eq!(erasure::list(&ctx, None, Page::first(1)).await.expect("a list").total, 0);
    }

    async fn requests_are_listed_newest_first_page_by_page(app: TestApp) {
        let ctx = app.operator();
        let mut ids = Vec::new();
        for n in 0..5 {
            ids.insert(0, requested(&app, &[plain(&format!("p{n}"))]).await.id);
        }
        erasure::cancel(&ctx, &ids[1]).await.expect("it has not begun");
        let mut told = Vec::new();
        let mut start = Start::Offset(0);
        loop {
            let page = erasure::list(&ctx, None, Page { limit: 2, start }).await.expect("a page");
            assert_eq!(page.total, 5);
            told.extend(page.items.into_iter().map(|summary| summary.id));
            let Some(cursor) = page.next_cursor else { break };
            start = Start::After(rolecall_control::list::open_cursor(&ctx, erasure::LIST, &cursor).expect("a cursor"));
        }
        assert_eq!(told, ids);
        let off = erasure::list(&ctx, Some(State::Cancelled), Page::first(10)).await.expect("a page");
        assert_eq!((off.total, off.items[0].id.as_str(), off.items[0].n_subjects), (1, ids[1].as_str(), 1));
    }

    async fn a_request_of_another_account_is_one_of_nobody(app: TestApp) {
        let own = requested(&app, &[plain("ana@x.example")]).await.id;
        let other = app.another_tenant().await;
        let theirs = rolecall_control::Ctx { account: other.account.no, ..app.operator() };
        for id in [own.as_str(), "eud-1", "", "a\0b", &"9".repeat(1_000)] {
            assert_eq!(refused_for(erasure::report(&theirs, id).await), Some(Rule::UnknownErasure));
            assert_eq!(refused_for(erasure::receipt(&theirs, id).await), Some(Rule::UnknownErasure));
            assert_eq!(refused_for(erasure::cancel(&theirs, id).await), Some(Rule::UnknownErasure));
        }
    }
}
