//! What the reports say, on paper and in a spreadsheet.

use axum::http::StatusCode;
use rolecall_control::bots::{self, NewBot};
use rolecall_testkit::{TestApp, each_engine};

use crate::{
    hostile::{NAMES, one_named},
    office::{AUDITOR, NOBODY, Office},
};

/// Where a report is that a search leads to.
async fn find(office: &Office, query: &str) -> String {
    let reply = office.get(&format!("/console/reports?{query}")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    reply.location().to_owned()
}

/// The cells of a file of comma-separated values, each of which is in quotes.
fn cells(file: &str) -> Vec<String> {
    let rows = file.trim_start_matches('\u{feff}').split("\r\n").filter(|row| !row.is_empty());
    let rows = rows.map(|row| row.strip_prefix('"').and_then(|row| row.strip_suffix('"')).expect("quotes"));
    rows.flat_map(|row| row.split("\",\"")).map(|cell| cell.replace("\"\"", "\"")).collect()
}

each_engine! {
    async fn a_bots_report_says_who_has_access_and_why(app: TestApp) {
        let mut office = Office::of(app).await;
        office.hand_over(AUDITOR).await;
        let path = find(&office, "bot=booking").await;
        let page = office.page(&path).await;
        for text in ["Booking Desk", "amelie.laurent@aurora-air.example", "Conversation Designer", "Bot Builders"] {
            assert!(page.contains(text), "{text} in {page}");
        }
        let file = office.get(&format!("{path}/csv")).await;
        assert_eq!(file.headers["content-disposition"], "attachment; filename=\"bot-access.csv\"");
        assert!(file.body.contains("\"userId\"") && file.body.contains("\"amelie.laurent@aurora-air.example\""), "{}", file.body);
        assert!(!file.body.contains("Baggage Tracer"));
    }

    async fn a_persons_report_says_what_they_may_do_and_by_which_roles(app: TestApp) {
        let office = Office::of(app).await;
        let path = find(&office, &format!("person={AUDITOR}")).await;
        let page = office.page(&path).await;
        for text in ["View and Run Audit Reports", "Audit Reader", "Audit Office", "HR Answers", "Bot Tester"] {
            assert!(page.contains(text), "{text} in {page}");
        }
        assert!(!page.contains("Consumer Bots"));
        let file = office.get(&format!("{path}/csv")).await;
        assert!(file.body.contains("\"Audit Reader\"") && !file.body.contains("mateo"), "{}", file.body);
    }

    async fn a_search_that_fits_several_offers_them_and_one_that_fits_nothing_says_so(app: TestApp) {
        let office = Office::of(app).await;
        let page = office.page("/console/reports?person=a").await;
        assert!(page.matches("/console/reports/person/u-").count() > 1, "{page}");
        assert!(office.page("/console/reports?bot=zz").await.contains("Nothing fits."));
        for path in ["bot/st-1", "bot/st-1/csv", "person/u-1", "person/u-1/csv"] {
            assert_eq!(office.get(&format!("/console/reports/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    async fn a_formula_in_a_name_is_text_in_the_file(app: TestApp) {
        let office = Office::of(app).await;
        let ctx = office.app.operator_of(&office.tenant);
        for (nth, name) in NAMES.into_iter().enumerate() {
            let (_, pages) = one_named(&ctx, nth, name).await;
            let is_formula = name.starts_with(['=', '+', '-', '@']);
            let shown = if is_formula { format!("'{name}") } else { name.to_owned() };
            for page in pages.iter().filter(|page| page.starts_with("/console/reports/")) {
                let file = office.get(&format!("{page}/csv")).await;
                let cells = cells(&file.body);
                assert!(cells.contains(&shown), "{shown} in {cells:?}");
                let risky = cells.iter().find(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
                assert_eq!(risky, None, "{page}");
                let own = file.headers["content-disposition"].to_str().expect("a name of ours");
                assert!(own.ends_with("-access.csv\""), "{own}");
            }
        }
    }

    async fn reports_are_for_who_may_look(app: TestApp) {
        let mut office = Office::of(app).await;
        let ctx = office.app.operator_of(&office.tenant);
        let bot = bots::create(&ctx, &NewBot::named("Desk")).await.expect("a bot").id;
        office.hand_over(NOBODY).await;
        for path in ["", &format!("/bot/{bot}"), &format!("/bot/{bot}/csv"), "/person/u-1"] {
            assert_eq!(office.get(&format!("/console/reports{path}")).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}
