//! Query parameters: any text is read or refused, and what is read keeps its bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_model::page::Start;
use rolecall_model::time::Instant;
use rolecall_server::kore::request::Params;

const MAX: u32 = 100;

fuzz_target!(|query: &str| {
    let Ok(params) = Params::parse(query) else { return };
    if let Ok(page) = params.numbered_page(MAX) {
        assert!((1..=MAX).contains(&page.limit), "{page:?}");
        assert!(matches!(page.start, Start::Offset(offset) if i64::try_from(offset).is_ok()), "{page:?}");
    }
    if let Ok(Some(instant)) = params.time("asOf") {
        assert_eq!(Instant::parse(&instant.to_string()), Ok(instant), "an instant is not read as it is written");
    }
    let is_word = |word: &str| ["true", "false"].iter().any(|flag| word.eq_ignore_ascii_case(flag));
    let is_flag = params.get("fullImport").is_none_or(is_word);
    assert_eq!(params.flag("fullImport").is_ok(), is_flag);
    assert_eq!(params.role_type().is_ok(), matches!(params.get("roleType"), Some("admin" | "bot")));
});
