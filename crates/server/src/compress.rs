//! Answers in gzip (RFC 9110, section 12.5.3), where the caller takes it and it is worth the work.
//!
//! Only JSON is compressed. A page holds what protects its forms, beside what a stranger may have put
//! there, and how well the two compress together would tell of the one (BREACH); no JSON of ours
//! holds a secret.

use std::io::Write as _;

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// The least that is worth it: with its headers it fills one packet as it is. Units: bytes.
const WORTH_IT: u64 = 1_100;

/// From here on another thread does it, so that the other requests of this one do not wait.
/// Units: bytes.
const MUCH: usize = 256 << 10;

/// Whether a caller with these headers takes gzip.
pub(crate) fn is_taken(asked: &HeaderMap) -> bool {
    let (mut gzip, mut any) = (None, None);
    for value in asked.get_all(header::ACCEPT_ENCODING) {
        for coding in value.to_str().unwrap_or_default().split(',') {
            let (name, rest) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
            let is_wanted = weight.is_ok_and(|weight| weight > 0.0);
            match name.trim() {
                "*" => any = Some(is_wanted),
                name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                    gzip = Some(is_wanted);
                }
                _ => {}
            }
        }
    }
    gzip.or(any).unwrap_or(false)
}

/// `response` as it is, or in gzip if `is_taken` and it is JSON of some size.
pub(crate) async fn compressed(mut response: Response, is_taken: bool) -> Response {
    let size = response.body().size_hint().exact();
    if !is_json(response.headers()) || is_to_stay(response.headers()) || size.is_none_or(|size| size < WORTH_IT) {
        return response;
    }
    // Caches between us and the caller keep what is compressed apart from what is not.
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !is_taken {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The size is known, so all of it is in memory, and this does not fail.
    let plain = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let small = if plain.len() < MUCH {
        gzip(&plain)
    } else {
        let plain = plain.clone();
        tokio::task::spawn_blocking(move || gzip(&plain)).await.ok().flatten()
    };
    let body = match small {
        Some(small) => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Bytes::from(small)
        }
        None => plain,
    };
    Response::from_parts(parts, Body::from(body))
}

/// Whether the answer says that its bytes are to stay as they are (RFC 9111, section 5.2.2.6).
fn is_to_stay(headers: &HeaderMap) -> bool {
    let told = headers.get(header::CACHE_CONTROL).and_then(|told| told.to_str().ok()).unwrap_or_default();
    told.split(',').any(|word| word.trim() == "no-transform")
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// At the fastest level: of 27 KB of users it leaves 5.8 KB, the best one 3.6 KB for many times the work.
fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for (asked, taken) in [
            (vec![], false),
            (vec![""], false),
            (vec!["gzip"], true),
            (vec!["br, GZIP;q=0.5"], true),
            (vec!["deflate", "x-gzip"], true),
            (vec!["br, *"], true),
            (vec!["*;q=0"], false),
            (vec!["*, gzip;q=0"], false),
            (vec!["gzip;q=0.000"], false),
            (vec!["gzip; q=1"], true),
            (vec!["gzip;q=none"], false),
            (vec!["identity, br"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in &asked {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_str(value).expect("a value"));
            }
            assert_eq!(is_taken(&headers), taken, "{asked:?}");
        }
    }
}
