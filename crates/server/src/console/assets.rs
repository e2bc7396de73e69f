//! The style sheet, the script and the sign: part of the program, under names that say what is in them,
//! so that a browser keeps them until they change.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use super::ConsoleError;

/// A file that pages load.
struct Asset {
    /// What it is called besides its hash: what stands before and after it.
    name: (&'static str, &'static str),
    media_type: &'static str,
    bytes: &'static [u8],
    hash: u64,
}

macro_rules! asset {
    ($before:literal, $after:literal, $media_type:literal) => {{
        const BYTES: &[u8] = include_bytes!(concat!("assets/", $before, $after));
        Asset { name: ($before, $after), media_type: $media_type, bytes: BYTES, hash: hash(BYTES) }
    }};
}

static STYLE: Asset = asset!("console", ".css", "text/css; charset=utf-8");
static SCRIPT: Asset = asset!("console", ".js", "text/javascript; charset=utf-8");
static SIGN: Asset = asset!("sign", ".svg", "image/svg+xml");

/// FNV-1a. It tells versions of our own files apart, no more.
const fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = bytes;
    while let Some((byte, behind)) = rest.split_first() {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = behind;
    }
    hash
}

impl Asset {
    fn path(&self) -> String {
        format!("/console/assets/{}-{:016x}{}", self.name.0, self.hash, self.name.1)
    }
}

/// The path of the style sheet.
pub fn style() -> String {
    STYLE.path()
}

/// The path of the script.
pub fn script() -> String {
    SCRIPT.path()
}

/// The path of the sign that browsers show beside a page's title.
pub fn sign() -> String {
    SIGN.path()
}

/// One of the files. It is public: whoever has the program has it.
pub(super) async fn get(Path(name): Path<String>) -> Result<Response, ConsoleError> {
    let path = format!("/console/assets/{name}");
    let asset = [&STYLE, &SCRIPT, &SIGN].into_iter().find(|asset| asset.path() == path);
    let asset = asset.ok_or_else(ConsoleError::not_found)?;
    let headers =
        [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.bytes).into_response())
}
