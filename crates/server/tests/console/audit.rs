//! What the pages of the audit log show.

use axum::http::StatusCode;
use rolecall_testkit::{TestApp, each_engine};

use crate::office::{AUDITOR, NOBODY, Office};

/// The links to entries on a page.
pub(crate) fn entries(page: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let entries = links.filter(|link| link.starts_with("/console/audit/"));
    entries.map(str::to_owned).collect()
}

each_engine! {
    async fn the_log_is_looked_through_page_by_page(app: TestApp) {
        let mut office = Office::of(app).await;
        office.hand_over(AUDITOR).await;
        let first = office.page("/console/audit").await;
        assert_eq!(entries(&first).len(), 50);
        let next = first.split("href=\"").find(|rest| rest.contains("rel=\"next\"") && rest.starts_with("/console/audit?cursor="));
        let next = next.and_then(|rest| rest.split('"').next()).expect("there is more").to_owned();
        let second = office.page(&next).await;
        assert!(entries(&second).iter().all(|entry| !entries(&first).contains(entry)));
        assert_eq!(office.get("/console/audit?event=Lost").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(office.get("/console/audit?from=soon").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(office.page("/console/audit?to=2026-01-01T00:00").await.contains("No entry fits."));
        let found = office.page("/console/audit?event=Group+Created&text=AUDIT&from=2026-01-01T00:00").await;
        assert_eq!(entries(&found).len(), 1, "{found}");
        assert!(found.contains("/api/v1/audit/export?event=Group+Created&#38;text=AUDIT&#38;from=2026-01-01T00%3A00%3A00Z"), "{found}");
    }

    async fn an_entry_shows_what_was_and_what_is_and_whether_the_chain_holds(app: TestApp) {
        let office = Office::of(app).await;
        let hold = [("people", "x@guest.example"), ("reason", "A case")];
        assert_eq!(office.send("/console/holds", &hold).await.status, StatusCode::SEE_OTHER);
        let newest = entries(&office.page("/console/audit").await).remove(0);
        let entry = office.page(&newest).await;
        for text in ["The chain holds here", "nSubjects", "not there", "user:u-"] {
            assert!(entry.contains(text), "{text} in {entry}");
        }
        let before = entries(&entry).into_iter().find(|link| *link != newest).expect("there is one before");
        assert!(office.page(&before).await.contains("The chain holds here"));
        assert_eq!(office.get("/console/audit/000000000000000000000001").await.status, StatusCode::NOT_FOUND);
    }

    async fn the_log_is_for_who_may_read_it_and_of_their_account(app: TestApp) {
        let mut office = Office::of(app).await;
        let newest = entries(&office.page("/console/audit").await).remove(0);
        office.hand_over(NOBODY).await;
        for path in ["/console/audit", &newest] {
            assert_eq!(office.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        office.person = office.app.sign_in("owner@acme.example").await;
        assert_eq!(office.get(&newest).await.status, StatusCode::NOT_FOUND);
    }
}
