//! What SQLite keeps only in the text that made a table or trigger: CHECK constraints, and events.

use crate::catalog::CheckConstraint;

/// One piece of SQL, by where it is in the text.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    start: usize,
}

impl Token<'_> {
    fn is_word(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    fn end(self) -> usize {
        self.start + self.text.len()
    }
}

/// The CHECK constraints in `sql`, a `CREATE TABLE`, in their order. One without a name has its
/// condition for a name, as SQLite calls it in errors.
pub(super) fn parse(sql: &str) -> Vec<CheckConstraint> {
    let tokens = tokens(sql);
    let mut checks = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        if !token.is_word("CHECK") || tokens.get(number + 1).is_none_or(|next| next.text != "(") {
            continue;
        }
        let Some(condition) = parenthesised(sql, &tokens, number + 1) else { continue };
        let back = |steps: usize| number.checked_sub(steps).and_then(|at| tokens.get(at));
        let is_named = back(2).is_some_and(|word| word.is_word("CONSTRAINT"));
        let name = if is_named { back(1).map(|name| unquoted(name.text)) } else { None };
        checks.push(CheckConstraint {
            name: name.unwrap_or_else(|| condition.to_owned()),
            condition: condition.to_owned(),
        });
    }
    checks
}

/// The event in `sql`, a `CREATE TRIGGER`: the first of its words after the name, which may itself be
/// called DELETE but then stands in quotes.
pub(super) fn trigger_event(sql: &str) -> &str {
    const EVENTS: [&str; 3] = ["DELETE", "INSERT", "UPDATE"];
    let tokens = tokens(sql);
    tokens.iter().find(|token| EVENTS.iter().any(|event| token.is_word(event))).map_or("", |token| token.text)
}

/// The text between the parenthesis at `open` and the one that closes it.
fn parenthesised<'a>(sql: &'a str, tokens: &[Token<'_>], open: usize) -> Option<&'a str> {
    let start = tokens.get(open)?.end();
    let mut depth = 0_u32;
    for token in tokens.get(open..)? {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return sql.get(start..token.start).map(str::trim),
            ")" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Words, quoted things and single other characters; comments and white space left out.
fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let length = piece(rest);
        let text = rest.get(..length).unwrap_or(rest);
        let is_comment = text.starts_with("--") || text.starts_with("/*");
        if !is_comment && !text.starts_with(char::is_whitespace) {
            tokens.push(Token { text, start: at });
        }
        at += length;
    }
    tokens
}

/// How long the first piece of `text` is, in bytes.
fn piece(text: &str) -> usize {
    let first = text.chars().next().unwrap_or_default();
    if text.starts_with("--") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.get(2..).and_then(|rest| rest.find("*/")).map_or(text.len(), |end| end + 4);
    }
    match first {
        '\'' | '"' | '`' => quoted_length(text, first),
        '[' => text.find(']').map_or(text.len(), |end| end + 1),
        _ if is_word(first) => text.find(|next| !is_word(next)).unwrap_or(text.len()),
        _ => first.len_utf8().max(1),
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '$' || !character.is_ascii()
}

/// A quote inside is written twice.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = text.get(at..).and_then(|rest| rest.find(quote)) {
        at += end + 1;
        if !text.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn unquoted(name: &str) -> String {
    let inside = name.get(1..name.len().saturating_sub(1)).unwrap_or_default();
    match name.chars().next() {
        Some(quote @ ('"' | '`' | '\'')) => inside.replace(&format!("{quote}{quote}"), &quote.to_string()),
        Some('[') => inside.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str) -> Vec<(String, String)> {
        parse(sql).into_iter().map(|check| (check.name, check.condition)).collect()
    }

    #[test]
    fn checks_are_found_with_their_names() {
        let sql = "CREATE TABLE t (a INT CHECK (a > 0), b TEXT CONSTRAINT \"b \"\"x\"\"\" CHECK(length(b) < 9 AND (b <> ')')),\n\
                   CONSTRAINT [a b] check ( a < b ) -- CHECK (comment)\n)";
        assert_eq!(
            found(sql),
            [
                ("a > 0".to_owned(), "a > 0".to_owned()),
                ("b \"x\"".to_owned(), "length(b) < 9 AND (b <> ')')".to_owned()),
                ("a b".to_owned(), "a < b".to_owned()),
            ]
        );
    }

    #[test]
    fn what_only_looks_like_a_check_is_none() {
        for sql in [
            "CREATE TABLE \"check\" (\"CHECK\" TEXT DEFAULT 'CHECK (1)')",
            "CREATE TABLE t (check_ INT, `CHECK` (3)) /* CHECK (x) */",
            "CREATE TABLE t (a TEXT DEFAULT 'it''s CHECK (a)')",
            "CHECK (never closed",
            "CHECK",
            "",
        ] {
            assert_eq!(found(sql), [], "{sql}");
        }
    }

    #[test]
    fn a_trigger_tells_its_event() {
        assert_eq!(
            trigger_event("CREATE TRIGGER \"DELETE\" AFTER UPDATE OF a ON t BEGIN DELETE FROM u; END"),
            "UPDATE"
        );
        assert_eq!(trigger_event("create trigger x before delete on t begin select 1; end"), "delete");
    }

    #[test]
    fn any_text_is_cut_without_harm() {
        for sql in ["'", "\"", "[", "/*", "--", "é'ü", "CHECK((", "CONSTRAINT CHECK(a)", "\u{1F600}CHECK(\u{1F600})"]
        {
            parse(sql);
        }
    }
}
