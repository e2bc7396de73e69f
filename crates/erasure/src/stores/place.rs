//! Where a store's URL leads, and whether Rolecall goes there.
//!
//! A URL is taken apart here, held against the rules, and put together again for the driver from its
//! parts only: what was checked is what is opened, whatever another reader would make of the text.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Component, Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Failure, StoreError};

/// Which places Rolecall goes to.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Rolecall's own database, from which nobody is erased.
    pub own_database: Option<Location>,
    /// How the [`Location`] of a store may begin, in whole parts; empty for any.
    pub allowed: Vec<String>,
}

/// Where a URL leads, in one form for all its spellings. Shown without user, password and options.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    class: Class,
    /// Empty for a file.
    host: String,
    port: u16,
    /// The database's name, or the file's path.
    database: String,
    /// PostgreSQL's search path, where the URL has one.
    schema: Option<String>,
    /// How to get in: user and password as written, and options.
    access: Access,
}

/// The part of a URL that says how to get in, not where.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Access {
    user: String,
    password: String,
    options: Vec<(String, String)>,
}

/// What kind of store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    Sqlite,
    Postgres,
    MySql,
}

impl fmt::Display for Location {
    /// `sqlite:/var/lib/bot/chat.db`, `postgres://db.example:5432/chat?search_path=bot`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Class::Sqlite => return write!(out, "sqlite:{}", self.database),
            Class::Postgres => out.write_str("postgres")?,
            Class::MySql => out.write_str("mysql")?,
        }
        write!(out, "://{}:{}/{}", self.host, self.port, self.database)?;
        match &self.schema {
            Some(schema) => write!(out, "?search_path={schema}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Location({self})")
    }
}

/// Where `url` leads.
///
/// Errors: [`Failure::BadUrl`] with the rule that refuses it, in words and without the URL's.
pub fn place(url: &SecretString) -> Result<Location, StoreError> {
    let url = url.expose_secret();
    if url.chars().any(char::is_control) {
        return Err(refused("a control character in the URL"));
    }
    let (scheme, rest) = url.split_once(':').ok_or_else(|| refused("no scheme"))?;
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => file(rest),
        "postgres" | "postgresql" => server(Class::Postgres, rest),
        "mysql" | "mariadb" => server(Class::MySql, rest),
        _ => Err(refused("the scheme is none of sqlite, postgres and mysql")),
    }
}

/// Where Rolecall's own database is, for [`Rules::own_database`]: like [`place`], but whatever options
/// its URL has. Nothing where they lead elsewhere than the URL itself.
pub fn own_place(url: &SecretString) -> Option<Location> {
    let (before, query) = url.expose_secret().split_once('?').unwrap_or((url.expose_secret(), ""));
    let mut names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    if names.any(leads_elsewhere) {
        return None;
    }
    let (scheme, rest) = before.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => file(rest).ok(),
        "postgres" | "postgresql" => address(Class::Postgres, rest.strip_prefix("//")?).ok(),
        _ => None,
    }
}

impl Location {
    /// Whether `rules` let Rolecall go there.
    pub fn check(&self, rules: &Rules) -> Result<(), StoreError> {
        if rules.own_database.as_ref().is_some_and(|own| self.is_same_database(own)) {
            return Err(refused("this is Rolecall's own database"));
        }
        let shown = self.to_string();
        let begins = |prefix: &String| {
            // In whole parts: example.com does not allow example.com.elsewhere.
            let rest = shown.strip_prefix(prefix.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || prefix.ends_with(['/', ':', '?']) || rest.starts_with(['/', ':', '?'])
            })
        };
        if !rules.allowed.is_empty() && !rules.allowed.iter().any(begins) {
            return Err(refused("the place is not among those allowed"));
        }
        Ok(())
    }

    /// Whether it is the same database, whatever the search path: a table can be named with its schema.
    fn is_same_database(&self, other: &Self) -> bool {
        let whole = |place: &Self| (place.class, place.host.clone(), place.port, place.database.clone());
        whole(self) == whole(other)
    }

    pub(super) fn class(&self) -> Class {
        self.class
    }

    /// The host and port to be looked up, for a server.
    pub(super) fn server(&self) -> Option<(&str, u16)> {
        (self.class != Class::Sqlite).then(|| (self.host.trim_matches(['[', ']']), self.port))
    }

    /// The URL for the driver.
    pub(super) fn connect_url(&self) -> String {
        if self.class == Class::Sqlite {
            return format!("sqlite://{}?mode=rw", encoded(&self.database, b"/"));
        }
        let protocol = if self.class == Class::Postgres { "postgres" } else { "mysql" };
        let Access { user, password, options } = &self.access;
        let mut url = format!(
            "{protocol}://{}:{}@{}:{}/{}",
            encoded(user, b""),
            encoded(password, b""),
            self.host,
            self.port,
            encoded(&self.database, b"")
        );
        let schema = self.schema.iter().map(|schema| ("options[search_path]", schema.as_str()));
        let options = options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (number, (name, value)) in schema.chain(options).enumerate() {
            url.push(if number == 0 { '?' } else { '&' });
            url.push_str(&encoded(name, b""));
            url.push('=');
            url.push_str(&encoded(value, b""));
        }
        url
    }
}

/// Whether a server's address is one that no store has: those that a machine keeps for itself and
/// its keeper, such as the metadata service of a cloud.
pub(super) fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                || address.is_multicast()
                || address == Ipv4Addr::new(100, 100, 100, 200)
                || address == Ipv4Addr::new(192, 0, 0, 192)
        }
        IpAddr::V6(address) => {
            let octets = address.octets();
            let v4_at = |at: usize| {
                let part = octets.get(at..at + 4).and_then(|part| <[u8; 4]>::try_from(part).ok());
                part.map(|part| IpAddr::V4(part.into()))
            };
            // ::/96, ::ffff:0:0/96 and 64:ff9b::/96 end in an IPv4 address, 2002::/16 begins with one.
            let inner = match address.segments() {
                [0, 0, 0, 0, 0, 0 | 0xffff, ..] if !address.is_loopback() => v4_at(12),
                [0x64, 0xff9b, ..] => v4_at(12),
                [0x2002, ..] => v4_at(2),
                _ => None,
            };
            address.is_unicast_link_local()
                || address.is_multicast()
                || address.is_unspecified()
                || address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || inner.is_some_and(is_forbidden)
        }
    }
}

fn refused(rule: &'static str) -> StoreError {
    StoreError::new(Failure::BadUrl, rule)
}

fn file(rest: &str) -> Result<Location, StoreError> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    if rest.contains(['?', '#']) {
        return Err(refused("a SQLite URL takes no options here"));
    }
    let path = decoded(rest)?;
    if path.is_empty() || path.starts_with(':') || path.starts_with("file:") {
        return Err(refused("a SQLite store is a file, named by its path"));
    }
    let path = canonical(Path::new(&path))?;
    for kept in ["/proc", "/dev", "/sys"] {
        if path.starts_with(kept) {
            return Err(refused("a store cannot be under /proc, /dev or /sys"));
        }
    }
    let database = path.into_os_string().into_string().map_err(|_| refused("the path is not UTF-8"))?;
    let (host, access) = (String::new(), Access::default());
    Ok(Location { class: Class::Sqlite, host, port: 0, database, schema: None, access })
}

/// `path` from the root on, without links; what is not there yet stays as it is written.
fn canonical(path: &Path) -> Result<PathBuf, StoreError> {
    let absolute = std::path::absolute(path).map_err(|_| refused("the path makes no sense"))?;
    let mut whole = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
        // Resolved part by part, for `..` after a link leads elsewhere than it looks.
        if let Ok(real) = whole.canonicalize() {
            whole = real;
        }
    }
    Ok(whole)
}

fn server(class: Class, rest: &str) -> Result<Location, StoreError> {
    let rest = rest.strip_prefix("//").ok_or_else(|| refused("no // after the scheme"))?;
    if rest.contains(['#', '\\']) {
        return Err(refused("a character that readers of URLs understand differently"));
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut location = address(class, rest)?;
    if location.access.user.is_empty() {
        return Err(refused("no user is named"));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?);
        match (class, name.as_str()) {
            (Class::Postgres, "sslmode" | "sslrootcert" | "sslcert" | "sslkey")
            | (Class::MySql, "ssl-mode" | "ssl-ca" | "ssl-cert" | "ssl-key") => {
                location.access.options.push((name, value));
            }
            (Class::Postgres, "options") if location.schema.is_none() => location.schema = Some(search_path(&value)?),
            (Class::Postgres, "options[search_path]") if location.schema.is_none() => {
                location.schema = Some(schemas(&value)?);
            }
            (_, name) if leads_elsewhere(name) => {
                return Err(refused("an option that leads elsewhere: say it in the URL itself"));
            }
            (Class::Postgres, "options") => return Err(refused("options may set search_path only")),
            _ => return Err(refused("an option that is not known here")),
        }
    }
    Ok(location)
}

fn leads_elsewhere(option: &str) -> bool {
    matches!(option, "host" | "hostaddr" | "port" | "socket" | "dbname" | "user" | "password")
}

/// `user:password@host:port/database`.
fn address(class: Class, text: &str) -> Result<Location, StoreError> {
    let (authority, path) = text.split_once('/').ok_or_else(|| refused("no database is named"))?;
    let (login, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let database = decoded(path)?;
    if database.is_empty() || database.contains('/') {
        return Err(refused("no database is named"));
    }
    let (host, port) = host_and_port(class, server)?;
    let access = Access { user: decoded(user)?, password: decoded(password)?, options: Vec::new() };
    Ok(Location { class, host, port, database, schema: None, access })
}

/// The host in small letters, or its address as such are written, and the port.
fn host_and_port(class: Class, address: &str) -> Result<(String, u16), StoreError> {
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(|| refused("the host makes no sense"))?;
        let host = host.parse::<Ipv6Addr>().map_err(|_| refused("the host makes no sense"))?;
        (IpAddr::V6(host).to_canonical().to_string(), port.strip_prefix(':').or(port.is_empty().then_some("")))
    } else {
        let (host, port) = address.split_once(':').unwrap_or((address, ""));
        (host.trim_end_matches('.').to_ascii_lowercase(), Some(port))
    };
    let default = if class == Class::Postgres { 5432 } else { 3306 };
    let port = match port {
        Some("") => default,
        Some(port) => port.parse().map_err(|_| refused("the port is not a number"))?,
        None => return Err(refused("the host makes no sense")),
    };
    let is_name = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let literal = host.parse::<IpAddr>().ok().or_else(|| old_spelling(&host).map(IpAddr::V4));
    let host = match literal {
        Some(literal) if is_forbidden(literal) => {
            return Err(refused("a link-local or metadata address is no store's"));
        }
        // However this machine is called, it is the same one.
        Some(literal) if literal.is_loopback() => "127.0.0.1".to_owned(),
        Some(IpAddr::V6(literal)) => format!("[{literal}]"),
        Some(IpAddr::V4(literal)) => literal.to_string(),
        None if host == "localhost" || host.ends_with(".localhost") => "127.0.0.1".to_owned(),
        None if host == "metadata.google.internal" => {
            return Err(refused("a link-local or metadata address is no store's"));
        }
        None if is_name(&host) => host,
        None => return Err(refused("the host makes no sense")),
    };
    Ok((host, port))
}

/// An IPv4 address as C's `inet_aton` reads them: `0xa9fe0001`, `0251.0376.1`, `2852039166`.
fn old_spelling(host: &str) -> Option<Ipv4Addr> {
    let parts = host.split('.').map(number).collect::<Option<Vec<_>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let head = first.iter().zip([24, 16, 8]).fold(0_u64, |sum, (part, shift)| sum | (part << shift));
    let n_bits = 32 - 8 * first.len();
    if *last >= 1 << n_bits {
        return None;
    }
    u32::try_from(head | last).ok().map(Ipv4Addr::from)
}

fn number(part: &str) -> Option<u64> {
    if let Some(hex) = part.strip_prefix("0x") {
        if hex.is_empty() { Some(0) } else { u64::from_str_radix(hex, 16).ok() }
    } else if part.len() > 1 && part.starts_with('0') {
        u64::from_str_radix(part, 8).ok()
    } else {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    }
}

/// The schemas in `-c search_path=a,b`, the only setting an `options` may have.
fn search_path(options: &str) -> Result<String, StoreError> {
    let setting = options.trim();
    let setting = setting.strip_prefix("-c").map(str::trim_start).or_else(|| setting.strip_prefix("--"));
    let value = setting.and_then(|setting| setting.strip_prefix("search_path="));
    schemas(value.ok_or_else(|| refused("options may set search_path only"))?)
}

/// Plain names only: anything else could end the setting and begin another.
fn schemas(value: &str) -> Result<String, StoreError> {
    let is_plain =
        |name: &str| !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    if value.split(',').all(is_plain) {
        Ok(value.to_owned())
    } else {
        Err(refused("search_path takes plain names with commas between them"))
    }
}

fn decoded(text: &str) -> Result<String, StoreError> {
    let wrong = || refused("a % that is no escape");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    if bytes.iter().any(u8::is_ascii_control) {
        return Err(refused("a control character in the URL"));
    }
    String::from_utf8(bytes).map_err(|_| refused("an escape that is not UTF-8"))
}

/// `text` with everything escaped but letters, digits, `-`, `.`, `_` and `plain`.
fn encoded(text: &str, plain: &[u8]) -> String {
    let escape = |byte: u8| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') || plain.contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
