//! Manifests, as one document and as a line: what is read can be written down, and reading that
//! gives the same records.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_model::manifest::{Format, Kind, Record, document, parse_document, parse_line};

fuzz_target!(|text: &str| {
    Format::detect("manifest", text);
    if let Ok(record) = parse_line(1, text) {
        let written = record.to_json().to_string();
        assert_eq!(parse_line(1, &written), Ok(record), "{written}");
    }
    if let Ok(read) = parse_document(text) {
        let n_lines = text.split(['\n', '\r']).count();
        assert!(read.iter().all(|(line, _)| (1..=n_lines as u64).contains(line)), "a record on no line of the text");
        // Documents list the kinds in their own order.
        let records: Vec<_> = Kind::ALL.into_iter().flat_map(|kind| of_kind(kind, &read)).collect();
        let written = document(&records).to_string();
        let again: Vec<_> = parse_document(&written).expect(&written).into_iter().map(|(_, record)| record).collect();
        assert_eq!(again, records, "{written}");
    }
});

fn of_kind(kind: Kind, read: &[(u64, Record)]) -> impl Iterator<Item = Record> {
    read.iter().map(|(_, record)| record).filter(move |record| record.kind() == kind).cloned()
}
