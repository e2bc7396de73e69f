//! Reports as comma-separated values (RFC 4180), safe to open in a spreadsheet.
//!
//! Whatever a user can name may begin as a formula does, and a spreadsheet would run it. Such a cell gets
//! an apostrophe in front, which spreadsheets take for "this is text".

use axum::http::{HeaderMap, header};

/// The media type of a report.
pub(crate) const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// What a file begins with so that spreadsheets read it as UTF-8.
const MARK: &str = "\u{FEFF}";

/// A report in the making.
pub(crate) struct Table(String);

impl Table {
    /// A report with these columns.
    pub(crate) fn with_header(columns: &[&str]) -> Self {
        let mut table = Self(MARK.to_owned());
        table.row(columns.iter().copied());
        table
    }

    /// More rows of a report.
    pub(crate) fn rows() -> Self {
        Self(String::new())
    }

    /// Adds a row.
    pub(crate) fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        for (nth, cell) in cells.into_iter().enumerate() {
            self.0.push_str(if nth == 0 { "\"" } else { ",\"" });
            if is_risky(cell) {
                self.0.push('\'');
            }
            self.0.push_str(&cell.replace('"', "\"\""));
            self.0.push('"');
        }
        self.0.push_str("\r\n");
    }

    /// Its bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Whether some spreadsheet would take `cell` for a formula, also behind white space or in wide letters.
fn is_risky(cell: &str) -> bool {
    let first = cell.chars().find(|c| !c.is_whitespace() && *c != '\u{FEFF}');
    cell.starts_with(['\t', '\r', '\n'])
        || first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠' | '−'))
}

/// Whether a caller with these headers would rather have a report than JSON.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let (mut csv, mut json) = (0.0_f32, 0.0_f32);
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
            let weight = weight.unwrap_or(0.0);
            if kind.eq_ignore_ascii_case("text/csv") {
                csv = weight;
            } else if kind.eq_ignore_ascii_case("application/json") {
                json = weight;
            }
        }
    }
    csv > 0.0 && csv >= json
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        let mut table = Table::rows();
        table.row(["=1+1", "+49", "-2", "@a", "\tx", " =x", "＝x", "a\"b", "a,b", "a\r\nb", "a=b", ""]);
        let expected = "\"'=1+1\",\"'+49\",\"'-2\",\"'@a\",\"'\tx\",\"' =x\",\"'＝x\",\"a\"\"b\",\"a,b\",\"a\r\nb\",\"a=b\",\"\"\r\n";
        assert_eq!(String::from_utf8(table.into_bytes()).as_deref(), Ok(expected));
    }

    #[test]
    fn a_report_goes_to_who_asks_for_one() {
        for (accept, wanted) in [
            ("text/csv", true),
            ("TEXT/CSV;q=0.9, */*;q=0.1", true),
            ("text/csv, application/json", true),
            ("text/csv;q=0.5, application/json", false),
            ("application/json", false),
            ("*/*", false),
            ("text/csv;q=0", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
    }
}
