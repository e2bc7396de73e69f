use std::collections::HashMap;

use rolecall_model::{
    erasure::{Outcome, State},
    ids::AccountNo,
    page::{Page, Start},
    time::Instant,
};
use rolecall_store::{
    Error, Meter, Tx, accounts,
    erasures::{
        data_maps::{self, Stored},
        holds::{self, Hold},
        ledger,
        requests::{self, New},
        subjects,
        work::{self, SubjectRow},
    },
};
use rolecall_testkit::{TestDb, each_engine};

use super::run;

const OURS: AccountNo = AccountNo(1);
const THEIRS: AccountNo = AccountNo(2);

fn at(ms: i64) -> Instant {
    Instant::from_ms(ms)
}

/// A transaction on a database with two accounts.
async fn writing(db: &TestDb) -> Tx {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    for (account, id) in [(OURS, "ours"), (THEIRS, "theirs")] {
        let no = accounts::insert(&mut tx, id, &format!("o-{id}"), id, at(0)).await;
        assert_eq!(no, Ok(account));
    }
    tx
}

fn new(no: i64, bots: Option<&[&str]>) -> New {
    New {
        no,
        id: format!("eud-{no}"),
        bots: bots.map(|bots| bots.iter().map(|bot| (*bot).to_owned()).collect()),
        grounds: "grounds".to_owned(),
        wanted_plan: "wanted".to_owned(),
        requested_at: at(no),
        requested_by: "operator".to_owned(),
        not_before: at(no + 10),
        deadline: at(no + 100),
        callback_url: "sealed url".to_owned(),
        salt: "sealed salt".to_owned(),
    }
}

fn subject(ordinal: i64, hash: &str, outcome: Outcome) -> SubjectRow {
    SubjectRow { ordinal, sealed: format!("sealed {ordinal}"), hash: hash.to_owned(), outcome, cause: String::new() }
}

/// Makes a request about these hashes, entered into the ledger at its number.
async fn request(tx: &mut Tx, account: AccountNo, no: i64, hashes: &[&str]) {
    let id = if account == OURS { format!("eud-{no}") } else { format!("eud-{no}-theirs") };
    requests::insert(tx, account, &New { id, ..new(no, None) }).await.expect("it is new");
    let people: Vec<_> = hashes.iter().zip(0..).map(|(hash, n)| subject(n, hash, Outcome::Pending)).collect();
    subjects::insert(tx, account, no, &people).await.expect("they are new");
    let hashes: Vec<String> = hashes.iter().map(|hash| (*hash).to_owned()).collect();
    ledger::enter(tx, account, no, &hashes, at(no)).await.expect("they are new");
}

async fn ids(tx: &mut Tx, state: Option<State>, page: Page) -> Vec<String> {
    let list = requests::list(tx, OURS, state, page).await.expect("a page");
    list.into_iter().map(|summary| summary.id).collect()
}

fn hold(no: i64, n_subjects: i64) -> Hold {
    Hold {
        no,
        id: format!("hld-{no}"),
        reason: "litigation".to_owned(),
        placed_at: at(no),
        placed_by: "operator".to_owned(),
        released_at: None,
        n_subjects,
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

each_engine! {
    async fn a_request_is_read_as_it_was_written(db: TestDb) {
        let mut tx = writing(&db).await;
        requests::insert(&mut tx, OURS, &new(7, Some(&["st-1", "st-2"]))).await.expect("it is new");
        requests::insert(&mut tx, OURS, &new(8, None)).await.expect("it is new");
        let found = requests::find(&mut tx, OURS, "eud-7").await.expect("an answer").expect("it is there");
        assert_eq!(requests::lock(&mut tx, OURS, "eud-7").await, Ok(Some(found.clone())));
        assert_eq!((found.no, found.state, found.cause.as_str()), (7, State::Pending, ""));
        assert_eq!((found.bots, found.grounds.as_str()), (Some(texts(&["st-1", "st-2"])), "grounds"));
        assert_eq!((found.requested_at, found.updated_at, found.not_before, found.next_attempt_at), (at(7), at(7), at(17), at(17)));
        assert_eq!((found.deadline, found.ended_at, found.attempts), (at(107), None, 0));
        let all = requests::find(&mut tx, OURS, "eud-8").await.expect("an answer").expect("it is there");
        assert_eq!(all.bots, None);
        for account in [OURS, THEIRS] {
            let is_theirs = account == THEIRS;
            assert_eq!(requests::find(&mut tx, account, "eud-8").await.expect("an answer").is_none(), is_theirs);
            assert_eq!(requests::lock(&mut tx, account, "eud-8").await.expect("an answer").is_none(), is_theirs);
            assert_eq!(requests::is_any_open(&mut tx, account).await, Ok(!is_theirs));
        }
    }

    async fn an_id_is_one_requests_only(db: TestDb) {
        let mut tx = writing(&db).await;
        requests::insert(&mut tx, OURS, &new(7, None)).await.expect("it is new");
        assert!(matches!(requests::insert(&mut tx, THEIRS, &new(7, None)).await, Err(Error::Conflict { .. })));
    }

    async fn requests_are_listed_newest_first_also_those_in_one_state(db: TestDb) {
        let mut tx = writing(&db).await;
        for no in 1..=4 {
            request(&mut tx, OURS, no, &["a", "b"]).await;
            request(&mut tx, THEIRS, no, &["a"]).await;
        }
        requests::cancel(&mut tx, OURS, 2, at(50)).await.expect("it is called off");
        assert_eq!(ids(&mut tx, None, Page::first(2)).await, ["eud-4", "eud-3"]);
        assert_eq!(ids(&mut tx, None, Page { limit: 2, start: Start::After(3) }).await, ["eud-2", "eud-1"]);
        assert_eq!(ids(&mut tx, None, Page { limit: 2, start: Start::Offset(3) }).await, ["eud-1"]);
        assert_eq!(ids(&mut tx, Some(State::Pending), Page { limit: 9, start: Start::After(4) }).await, ["eud-3", "eud-1"]);
        assert_eq!(ids(&mut tx, Some(State::Cancelled), Page::first(9)).await, ["eud-2"]);
        assert_eq!(requests::count(&mut tx, OURS, None).await, Ok(4));
        assert_eq!(requests::count(&mut tx, OURS, Some(State::Pending)).await, Ok(3));
        let list = requests::list(&mut tx, OURS, Some(State::Cancelled), Page::first(1)).await.expect("a page");
        assert_eq!((list[0].n_subjects, list[0].ended_at, list[0].updated_at), (2, Some(at(50)), at(50)));
    }

    async fn what_is_done_about_a_request_is_done_about_it_alone(db: TestDb) {
        let mut tx = writing(&db).await;
        for (account, no) in [(OURS, 1), (OURS, 2), (THEIRS, 1)] {
            request(&mut tx, account, no, &["a"]).await;
        }
        let other = work::job(&mut tx, OURS, 2).await.expect("an answer").expect("it is there");
        let theirs = work::job(&mut tx, THEIRS, 1).await.expect("an answer").expect("it is there");
        for job in [&other, &theirs] {
            assert_eq!(work::hold(&mut tx, job, at(1)).await, Ok(true));
        }
        requests::approve(&mut tx, OURS, 1, at(60)).await.expect("it is approved");
        requests::make_due(&mut tx, OURS, 1, at(70)).await.expect("it is due");
        let job = work::job(&mut tx, OURS, 1).await.expect("an answer").expect("it is there");
        assert_eq!((job.is_approved, job.fence), (true, 1));
        let due = requests::find(&mut tx, OURS, "eud-1").await.expect("an answer").expect("it is there");
        assert_eq!((due.updated_at, due.next_attempt_at), (at(70), at(70)));
        subjects::fail_open(&mut tx, OURS, 1, "cancelled").await.expect("they fail");
        requests::cancel(&mut tx, OURS, 1, at(80)).await.expect("it is called off");
        let job = work::job(&mut tx, OURS, 1).await.expect("an answer").expect("it is there");
        assert_eq!((job.state, job.salt.as_str(), job.fence), (State::Cancelled, "", 2));
        for job in [&other, &theirs] {
            assert_eq!(work::hold(&mut tx, job, at(1)).await, Ok(true), "it is still its worker's");
            assert_eq!(work::subjects(&mut tx, job).await.expect("subjects")[0].outcome, Outcome::Pending);
        }
    }

    async fn only_open_outcomes_fail_with_a_request(db: TestDb) {
        let mut tx = writing(&db).await;
        requests::insert(&mut tx, OURS, &new(1, None)).await.expect("it is new");
        let outcomes = Outcome::ALL.iter().zip(0..).map(|(outcome, n)| subject(n, "h", *outcome));
        subjects::insert(&mut tx, OURS, 1, &outcomes.collect::<Vec<_>>()).await.expect("they are new");
        subjects::fail_open(&mut tx, OURS, 1, "cancelled").await.expect("they fail");
        let job = work::job(&mut tx, OURS, 1).await.expect("an answer").expect("it is there");
        let told = work::subjects(&mut tx, &job).await.expect("subjects");
        for (row, was) in told.iter().zip(Outcome::ALL) {
            let expected = match was {
                Outcome::Pending | Outcome::Held => (Outcome::Failed, "cancelled"),
                other => (*other, ""),
            };
            assert_eq!((row.outcome, row.cause.as_str()), expected, "{was:?}");
        }
        subjects::forget(&mut tx, OURS, 1).await.expect("they are forgotten");
        let told = work::subjects(&mut tx, &job).await.expect("subjects");
        assert!(told.iter().all(|row| row.sealed.is_empty() && row.hash == "h"));
    }

    async fn a_thousand_subjects_are_written_and_read(db: TestDb) {
        let mut tx = writing(&db).await;
        let hashes: Vec<String> = (0..1_000).map(|n| format!("hash {n:04}")).collect();
        let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
        request(&mut tx, OURS, 1, &hashes).await;
        let job = work::job(&mut tx, OURS, 1).await.expect("an answer").expect("it is there");
        let told = work::subjects(&mut tx, &job).await.expect("subjects");
        assert_eq!(told.iter().map(|row| row.hash.as_str()).collect::<Vec<_>>(), hashes);
        assert_eq!(ledger::find(&mut tx, OURS, &texts(&hashes)).await.expect("entries").len(), 1_000);
    }

    async fn the_ledger_knows_the_first_request_that_was_not_taken_out(db: TestDb) {
        let mut tx = writing(&db).await;
        request(&mut tx, OURS, 1, &["a", "b"]).await;
        request(&mut tx, OURS, 2, &["a"]).await;
        request(&mut tx, THEIRS, 3, &["c"]).await;
        let sought = texts(&["a", "b", "c", "d"]);
        let first = |known: &HashMap<String, ledger::Entered>, hash: &str| known.get(hash).map(|entered| (entered.erasure_id.clone(), entered.at));
        let known = ledger::find(&mut tx, OURS, &sought).await.expect("entries");
        assert_eq!((known.len(), first(&known, "a")), (2, Some(("eud-1".to_owned(), at(1)))));
        ledger::remove(&mut tx, OURS, 1).await.expect("they are taken out");
        let known = ledger::find(&mut tx, OURS, &sought).await.expect("entries");
        assert_eq!((known.len(), first(&known, "a")), (1, Some(("eud-2".to_owned(), at(2)))));
        assert_eq!(ledger::find(&mut tx, THEIRS, &sought).await.expect("entries").len(), 1);
    }

    async fn the_ledger_is_read_piece_by_piece_in_order_of_time(db: TestDb) {
        let mut tx = writing(&db).await;
        for (account, no, hashes) in [(OURS, 5, &["b", "a", "c"][..]), (OURS, 6, &["a"]), (THEIRS, 6, &["z"]), (OURS, 4, &["y"])] {
            request(&mut tx, account, no, hashes).await;
        }
        let mut told = Vec::new();
        let mut last = None;
        loop {
            let entries = ledger::since(&mut tx, OURS, at(5), last.as_ref(), 2).await.expect("entries");
            told.extend(entries.iter().map(|entry| (entry.at.as_ms(), entry.hash.clone(), entry.erasure_no)));
            let Some(entry) = entries.into_iter().last() else { break };
            last = Some(entry);
        }
        let expected = [(5, "a", 5), (5, "b", 5), (5, "c", 5), (6, "a", 6)];
        assert_eq!(told, expected.map(|(at_ms, hash, no)| (at_ms, hash.to_owned(), no)));
    }

    async fn holds_are_found_listed_and_released(db: TestDb) {
        let mut tx = writing(&db).await;
        for (account, no, id, hashes) in [(OURS, 1, "hld-1", &["a", "b"][..]), (OURS, 2, "hld-2", &["b"]), (THEIRS, 1, "hld-9", &["a"])] {
            let hold = Hold { id: id.to_owned(), ..hold(no, 0) };
            holds::insert(&mut tx, account, &hold, &texts(hashes)).await.expect("it is new");
        }
        assert_eq!(holds::find(&mut tx, OURS, "hld-1").await, Ok(Some(hold(1, 2))));
        assert_eq!(holds::find(&mut tx, OURS, "hld-9").await, Ok(None));
        assert_eq!(holds::list(&mut tx, OURS, Page::first(9)).await, Ok(vec![hold(2, 1), hold(1, 2)]));
        assert_eq!(holds::list(&mut tx, OURS, Page { limit: 9, start: Start::After(2) }).await, Ok(vec![hold(1, 2)]));
        assert_eq!(holds::count(&mut tx, OURS).await, Ok(2));

        request(&mut tx, OURS, 10, &["a", "b"]).await;
        let job = work::job(&mut tx, OURS, 10).await.expect("an answer").expect("it is there");
        assert_eq!(work::held(&mut tx, &job).await.expect("places").len(), 2);
        holds::release(&mut tx, OURS, 1, at(20)).await.expect("it is released");
        assert_eq!(holds::find(&mut tx, OURS, "hld-1").await, Ok(Some(Hold { released_at: Some(at(20)), ..hold(1, 0) })));
        assert_eq!(work::held(&mut tx, &job).await, Ok(vec![1]), "another hold is still on the second");
    }

    async fn a_released_hold_wakes_what_waited_for_it(db: TestDb) {
        let mut tx = writing(&db).await;
        holds::insert(&mut tx, OURS, &hold(1, 1), &texts(&["a"])).await.expect("it is new");
        for (account, no, hash) in [(OURS, 10, "a"), (OURS, 11, "a"), (OURS, 12, "a"), (OURS, 13, "b"), (OURS, 14, "a"), (THEIRS, 10, "a")] {
            request(&mut tx, account, no, &[hash]).await;
            let job = work::job(&mut tx, account, no).await.expect("an answer").expect("it is there");
            match no {
                11 => work::set_state(&mut tx, &job, State::Held, "", at(1)).await.expect("it waits"),
                12 => {}
                _ => work::set_outcomes(&mut tx, &job, &[(0, Outcome::Held, String::new())]).await.expect("they wait"),
            }
        }
        requests::cancel(&mut tx, OURS, 14, at(2)).await.expect("it is called off");
        holds::release(&mut tx, OURS, 1, at(500)).await.expect("it is released");
        let mut woken = Vec::new();
        for (account, id) in [(OURS, "eud-10"), (OURS, "eud-11"), (OURS, "eud-12"), (OURS, "eud-13"), (OURS, "eud-14"), (THEIRS, "eud-10-theirs")] {
            let request = requests::find(&mut tx, account, id).await.expect("an answer").expect("it is there");
            if request.next_attempt_at == at(500) {
                woken.push(id);
            }
        }
        assert_eq!(woken, ["eud-10", "eud-11"]);
    }

    async fn requests_under_way_are_those_that_erase_and_are_about_somebody(db: TestDb) {
        let mut tx = writing(&db).await;
        for (no, state) in (1..).zip(State::ALL) {
            request(&mut tx, OURS, no, &["a", "b"]).await;
            let job = work::job(&mut tx, OURS, no).await.expect("an answer").expect("it is there");
            work::set_state(&mut tx, &job, *state, "", at(1)).await.expect("it is so far");
        }
        let underway = holds::underway(&mut tx, OURS, &texts(&["b", "a", "c"])).await.expect("ids");
        let expected: Vec<String> = (1..).zip(State::ALL).filter(|(_, state)| !state.is_cancellable() && !state.is_final()).map(|(no, _)| format!("eud-{no}")).collect();
        assert_eq!((underway.len(), underway), (3, expected));
        assert_eq!(holds::underway(&mut tx, OURS, &texts(&["c"])).await, Ok(Vec::new()));
        assert_eq!(holds::underway(&mut tx, THEIRS, &texts(&["a"])).await, Ok(Vec::new()));
    }

    async fn the_newest_map_is_found(db: TestDb) {
        let mut tx = writing(&db).await;
        let map = |no| Stored { no, hash: format!("hash {no}"), sealed: "sealed".to_owned(), deadline_ms: 9, grace_ms: 3, set_at: at(no) };
        assert_eq!(data_maps::newest(&mut tx, OURS).await, Ok(None));
        for (account, no) in [(OURS, 4), (OURS, 9), (THEIRS, 11)] {
            data_maps::insert(&mut tx, account, &map(no), "operator").await.expect("it is new");
        }
        assert_eq!(data_maps::newest(&mut tx, OURS).await, Ok(Some(map(9))));
    }

    async fn a_store_is_whose_claim_came_first(db: TestDb) {
        let mut tx = writing(&db).await;
        assert_eq!(data_maps::claim(&mut tx, OURS, &texts(&["a", "b"])).await, Ok(2));
        assert_eq!(data_maps::claim(&mut tx, THEIRS, &texts(&["b", "c"])).await, Ok(1));
        assert_eq!(data_maps::claim(&mut tx, OURS, &texts(&["a"])).await, Ok(0));
        let claimed = data_maps::claimed(&mut tx, &texts(&["a", "b", "c", "d"])).await.expect("claims");
        let expected = [("a", OURS), ("b", OURS), ("c", THEIRS)].map(|(place, account)| (place.to_owned(), account));
        assert_eq!(claimed, HashMap::from(expected));
        data_maps::release(&mut tx, OURS, &texts(&["b", "c"])).await.expect("they are given up");
        assert_eq!(data_maps::claims(&mut tx, OURS).await, Ok(texts(&["a"])));
        assert_eq!(data_maps::claims(&mut tx, THEIRS).await, Ok(texts(&["c"])), "nobody gives up another's");
    }

    async fn ended_requests_are_forgotten_once_and_the_oldest_first(db: TestDb) {
        let mut tx = writing(&db).await;
        for (account, no) in [(OURS, 1), (OURS, 2), (OURS, 3), (THEIRS, 1)] {
            request(&mut tx, account, no, &["a"]).await;
        }
        for (account, no, ended) in [(OURS, 1, 300), (THEIRS, 1, 100), (OURS, 2, 200)] {
            requests::cancel(&mut tx, account, no, at(ended)).await.expect("it is called off");
        }
        tx.commit().await.expect("they are kept");
        run(&db, "UPDATE erasures SET callback_url = 'sealed url'").await;
        let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
        assert_eq!(requests::to_forget(&mut tx, at(200), 9).await, Ok(vec![(THEIRS, 1), (OURS, 2)]));
        assert_eq!(requests::to_forget(&mut tx, at(200), 1).await, Ok(vec![(THEIRS, 1)]));
        requests::note_forgotten(&mut tx, THEIRS, 1).await.expect("it is noted");
        assert_eq!(requests::to_forget(&mut tx, at(1_000), 9).await, Ok(vec![(OURS, 2), (OURS, 1)]));
        let request = requests::find(&mut tx, THEIRS, "eud-1-theirs").await.expect("an answer").expect("it is there");
        assert_eq!(request.callback_url, "");
    }
}
