//! Names: folding twice is folding once, a good name has a folded form that is a name's too, and
//! an address of mail is one line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_model::text;

fuzz_target!(|name: &str| {
    let folded = text::fold(name);
    assert_eq!(text::fold(&folded), folded, "folding twice differs from folding once");
    if text::check_name(name).is_ok() {
        assert!(!folded.is_empty(), "a good name folds to nothing");
        assert!(!folded.chars().any(char::is_control), "a good name folds to control characters");
    }
    if text::is_email(name) {
        assert_eq!(name.split_whitespace().count(), 1, "an address of mail is one word");
    }
});
