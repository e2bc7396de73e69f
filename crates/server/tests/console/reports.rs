//! What the reports say, on paper and in a spreadsheet.

use axum::http::StatusCode;
use rolecall_control::bots::{self, NewBot};
use rolecall_testkit::{TestApp, each_engine};

use crate::office::{AUDITOR, NOBODY, Office};

/// Where a report is that a search leads to.
async fn find(office: &Office, query: &str) -> String {
    let reply = office.get(&format!("/console/reports?{query}")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    reply.location().to_owned()
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
        let mut office = Office::of(app).await;
        let ctx = office.app.operator_of(&office.tenant);
        let bot = bots::create(&ctx, &NewBot::named("=1+1")).await.expect("a bot").id;
        let file = office.get(&format!("/console/reports/bot/{bot}/csv")).await;
        assert!(file.body.contains("\"'=1+1\"") && !file.body.contains("\"=1+1\""), "{}", file.body);
        office.hand_over(NOBODY).await;
        for path in ["", &format!("/bot/{bot}"), &format!("/bot/{bot}/csv"), "/person/u-1"] {
            assert_eq!(office.get(&format!("/console/reports{path}")).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}
