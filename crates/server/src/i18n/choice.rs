//! Which language a reader takes.

use super::Language;

/// The language that a header `Accept-Language` (RFC 9110, section 12.5.4) asks for first among those
/// there are. What is no range with a weight from 0 to 1 asks for nothing.
pub fn accepted(header: &str) -> Option<Language> {
    let mut any = None;
    let mut named: Vec<(Language, f32, usize)> = Vec::new();
    for (place, part) in header.split(',').enumerate() {
        let (range, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim();
        let weight = if weight.is_empty() { Some(1.0) } else { weight.strip_prefix("q=").and_then(read_weight) };
        let Some(weight) = weight else { continue };
        let primary = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        if primary == "*" {
            any = any.or(Some((weight, place)));
        } else if let Some(language) = Language::from_tag(&primary) {
            match named.iter_mut().find(|(known, ..)| *known == language) {
                // `ko-KR;q=0.9, ko;q=0.8` wants Korean as much as it wants any Korean.
                Some((_, most, _)) => *most = most.max(weight),
                None => named.push((language, weight, place)),
            }
        }
    }
    // A star stands for every language that is not named.
    if let Some((weight, place)) = any {
        let rest = Language::ALL.into_iter().find(|language| named.iter().all(|(known, ..)| known != language));
        named.extend(rest.map(|language| (language, weight, place)));
    }
    // Of two that are wanted as much, the one that is named first.
    let wanted = named.into_iter().filter(|(_, weight, _)| *weight > 0.0);
    wanted.min_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2))).map(|(language, ..)| language)
}

fn read_weight(text: &str) -> Option<f32> {
    text.trim().parse().ok().filter(|weight| (0.0..=1.0).contains(weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        for (header, language) in [
            ("", None),
            ("fr-FR, de;q=0.9", None),
            ("ko", Some(Language::Korean)),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Some(Language::Korean)),
            ("fr, ja;q=0.4, en;q=0.5", Some(Language::English)),
            ("JA-jp", Some(Language::Japanese)),
            ("en;q=0, ja;q=0.1", Some(Language::Japanese)),
            ("ko;q=x, ja;q=nan", None),
            ("korean", None),
            ("ko;q=5", None),
            ("ko;level=1", None),
            (";;,,=,q", None),
            ("*", Some(Language::English)),
            ("ko;q=0.5, *", Some(Language::English)),
            ("ko, *;q=0.5", Some(Language::Korean)),
            ("*, ja", Some(Language::English)),
            ("ja, *", Some(Language::Japanese)),
            ("en;q=0, *;q=0.1", Some(Language::Korean)),
            ("*;q=0", None),
            ("ja;q=0.5, ko-KR;q=0.4, ko;q=0.6", Some(Language::Korean)),
        ] {
            assert_eq!(accepted(header), language, "{header}");
        }
    }
}
