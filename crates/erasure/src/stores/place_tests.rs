//! Every way to lead a URL astray that is known, and what it is answered.

use proptest::prelude::*;

use super::*;

fn at(url: &str) -> Result<Location, StoreError> {
    place(&SecretString::from(url.to_owned()))
}

fn rule(url: &str) -> String {
    let error = at(url).expect_err(url);
    assert_eq!(error.kind, Failure::BadUrl, "{url}");
    error.code
}

#[test]
fn all_spellings_of_a_place_are_one() {
    for (url, expected) in [
        ("postgres://u:p@DB.Example/chat", "postgres://db.example:5432/chat"),
        ("postgresql://u@db.example.:5432/chat?sslmode=require", "postgres://db.example:5432/chat"),
        ("postgres://u@localhost/c", "postgres://127.0.0.1:5432/c"),
        ("postgres://u@127.0.0.1/c", "postgres://127.0.0.1:5432/c"),
        ("postgres://u@127.1/c", "postgres://127.0.0.1:5432/c"),
        ("postgres://u@[::1]/c", "postgres://127.0.0.1:5432/c"),
        ("postgres://u@[::ffff:127.0.0.1]:6000/c", "postgres://127.0.0.1:6000/c"),
        ("postgres://u@[2001:DB8:0::1]/c", "postgres://[2001:db8::1]:5432/c"),
        ("postgres://u@0x0a.1/c", "postgres://10.0.0.1:5432/c"),
        ("postgres://u@h/a%20b", "postgres://h:5432/a b"),
        ("postgres://u@h/c?options=-c%20search_path%3Dbot", "postgres://h:5432/c?search_path=bot"),
        ("postgres://u@h/c?options=-csearch_path=bot,public", "postgres://h:5432/c?search_path=bot,public"),
        ("postgres://u@h/c?options=--search_path=bot", "postgres://h:5432/c?search_path=bot"),
        ("postgres://u@h/c?options[search_path]=bot", "postgres://h:5432/c?search_path=bot"),
        ("mysql://u:p@h/c", "mysql://h:3306/c"),
        ("MariaDB://u:p%40@h:3307/c?ssl-mode=REQUIRED", "mysql://h:3307/c"),
        ("mysql://u:a@b@h/c", "mysql://h:3306/c"),
    ] {
        assert_eq!(at(url).expect(url).to_string(), expected, "{url}");
    }
}

#[test]
fn a_url_that_leads_astray_is_refused_and_told_by_which_rule() {
    let link_local = "a link-local or metadata address is no store's";
    let elsewhere = "an option that leads elsewhere: say it in the URL itself";
    let unknown = "an option that is not known here";
    let no_options = "a SQLite URL takes no options here";
    let kept = "a store cannot be under /proc, /dev or /sys";
    let only_path = "options may set search_path only";
    let plain_names = "search_path takes plain names with commas between them";
    let no_host = "the host makes no sense";
    let no_file = "a SQLite store is a file, named by its path";
    for (url, expected) in [
        ("postgres://u@169.254.169.254/c", link_local),
        ("postgres://u@169.254.1/c", link_local),
        ("postgres://u@0xa9fea9fe/c", link_local),
        ("postgres://u@0xA9.0xFE.0xA9.0xFE/c", link_local),
        ("postgres://u@0251.0376.0251.0376/c", link_local),
        ("postgres://u@2852039166/c", link_local),
        ("postgres://u@169.254.169.254./c", link_local),
        ("postgres://u@[fe80::1]/c", link_local),
        ("postgres://u@[febf::1]/c", link_local),
        ("postgres://u@[::ffff:169.254.169.254]/c", link_local),
        ("postgres://u@[::ffff:a9fe:a9fe]/c", link_local),
        ("postgres://u@[::169.254.169.254]/c", link_local),
        ("postgres://u@[64:ff9b::169.254.169.254]/c", link_local),
        ("postgres://u@[2002:a9fe:a9fe::1]/c", link_local),
        ("postgres://u@[fd00:ec2::254]/c", link_local),
        ("mysql://u@0.0.0.0/c", link_local),
        ("mysql://u@0/c", link_local),
        ("mysql://u@100.100.100.200/c", link_local),
        ("mysql://u@metadata.google.internal/c", link_local),
        ("postgres://u@[fe80::1%25eth0]/c", no_host),
        ("postgres://u@%2Fvar%2Frun%2Fpostgresql/c", no_host),
        ("postgres://u@h,169.254.169.254/c", no_host),
        ("postgres://u@/c", no_host),
        ("postgres://u@h:x/c", "the port is not a number"),
        ("postgres://u@h/", "no database is named"),
        ("postgres://u@h", "no database is named"),
        ("postgres://u@h/a%2Fb", "no database is named"),
        ("postgres://h/c", "no user is named"),
        ("postgres:u@h/c", "no // after the scheme"),
        ("postgres://u@h/c?host=169.254.169.254", elsewhere),
        ("postgres://u@h/c?host=/var/run/postgresql", elsewhere),
        ("postgres://u@h/c?h%6Fst=elsewhere", elsewhere),
        ("postgres://u@h/c?hostaddr=10.0.0.1", elsewhere),
        ("postgres://u@h/c?port=1", elsewhere),
        ("postgres://u@h/c?dbname=rolecall", elsewhere),
        ("postgres://u@h/c?user=postgres", elsewhere),
        ("postgres://u@h/c?password=x", elsewhere),
        ("postgres://u@h/c?options=-c%20session_replication_role%3Dreplica", only_path),
        ("postgres://u@h/c?options=-csearch_path=a&options=-cwork_mem=1", only_path),
        ("postgres://u@h/c?options=-csearch_path=a%20-cwork_mem=1", plain_names),
        ("postgres://u@h/c?options[search_path]=a%20-c%20b", plain_names),
        ("postgres://u@h/c?options[work_mem]=1", unknown),
        ("postgres://u@h/c?statement-cache-capacity=0", unknown),
        ("mysql://u@h/c?socket=/run/mysqld/mysqld.sock", elsewhere),
        ("mysql://u@h/c?local-infile=1", unknown),
        ("mysql://u@h/c?allowLoadLocalInfile=true", unknown),
        ("mysql://u@h/c?charset=latin1", unknown),
        ("postgres://u@h\\@x/c", "a character that readers of URLs understand differently"),
        ("postgres://u@h/c#x", "a character that readers of URLs understand differently"),
        ("postgres://u@h/c%", "a % that is no escape"),
        ("postgres://u@h/c%+1", "a % that is no escape"),
        ("postgres://u@h/%ff", "an escape that is not UTF-8"),
        ("postgres://u@h/a%00b", "a control character in the URL"),
        ("postgres://u@h/a\nb", "a control character in the URL"),
        ("sqlite::memory:", no_file),
        ("sqlite://:memory:", no_file),
        ("sqlite:%3Amemory%3A", no_file),
        ("sqlite:", no_file),
        ("sqlite:file:x.db", no_file),
        ("sqlite:/x.db?mode=rwc", no_options),
        ("sqlite:/x.db?mode=memory", no_options),
        ("sqlite:/x.db?vfs=unix-none", no_options),
        ("sqlite:/x.db?immutable=1", no_options),
        ("sqlite:/proc/self/mem", kept),
        ("sqlite:///dev/sda", kept),
        ("sqlite:/sys/x", kept),
        ("sqlite:/tmp/../proc/version", kept),
        ("sqlite:/%70roc/version", kept),
        ("https://h/c", "the scheme is none of sqlite, postgres and mysql"),
        ("chat.db", "no scheme"),
    ] {
        assert_eq!(rule(url), expected, "{url}");
    }
}

#[test]
fn a_link_is_followed_before_the_rules_are_asked() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("chat.db"), "").unwrap();
    std::os::unix::fs::symlink(dir.path().join("chat.db"), dir.path().join("link.db")).unwrap();
    std::os::unix::fs::symlink("/proc/self", dir.path().join("self")).unwrap();
    let url = |name: &str| format!("sqlite://{}/{name}", dir.path().display());
    assert_eq!(at(&url("link.db")).unwrap(), at(&url("x/../chat.db")).unwrap());
    assert_eq!(rule(&url("self/mem")), "a store cannot be under /proc, /dev or /sys");
    assert_eq!(rule(&url("self/../version")), "a store cannot be under /proc, /dev or /sys");
}

#[test]
fn our_own_database_is_refused_by_any_name() {
    let own = at("postgres://rolecall:x@localhost/rolecall?options=-csearch_path=one").unwrap();
    let rules = Rules { own_database: Some(own), allowed: Vec::new() };
    for url in [
        "postgres://other@127.0.0.1:5432/rolecall",
        "postgresql://other@[::1]/rolecall?options=-csearch_path=two",
        "postgres://other@2130706433/r%6Flecall",
    ] {
        assert_eq!(at(url).unwrap().check(&rules).unwrap_err().code, "this is Rolecall's own database", "{url}");
    }
    assert_eq!(at("postgres://other@127.0.0.1/chat").unwrap().check(&rules), Ok(()));
    assert_eq!(at("mysql://other@127.0.0.1:5432/rolecall").unwrap().check(&rules), Ok(()));
}

#[test]
fn our_own_database_is_known_whatever_its_options() {
    let own = |url: &str| own_place(&SecretString::from(url.to_owned())).map(|place| place.to_string());
    for (url, expected) in [
        ("postgres://localhost/rolecall", Some("postgres://127.0.0.1:5432/rolecall")),
        ("postgres://u@h/rolecall?application_name=x&options=-cwork_mem%3D1", Some("postgres://h:5432/rolecall")),
        ("postgres://u@h/rolecall?host=/run/postgresql", None),
        ("sqlite:/srv/rolecall.db?mode=rwc", Some("sqlite:/srv/rolecall.db")),
        ("sqlite::memory:", None),
    ] {
        assert_eq!(own(url).as_deref(), expected, "{url}");
    }
}

#[test]
fn only_allowed_places_are_gone_to() {
    let allowed = ["postgres://db.example", "sqlite:/srv/", "mysql://h:3306/chat"].map(str::to_owned);
    let rules = Rules { own_database: None, allowed: allowed.to_vec() };
    for (url, may) in [
        ("postgres://u@db.example/c", true),
        ("postgres://u@db.example.evil/c", false),
        ("postgres://u@db.example:7000/c", true),
        ("sqlite:/srv/chat.db", true),
        ("sqlite:/srv/../etc/chat.db", false),
        ("sqlite:/srvx/chat.db", false),
        ("mysql://u@h/chat", true),
        ("mysql://u@h/chatter", false),
    ] {
        assert_eq!(at(url).expect(url).check(&rules).is_ok(), may, "{url}");
    }
}

#[test]
fn a_password_is_in_nothing_that_is_shown() {
    let place = at("postgres://u:hunter2@h/c?sslkey=hunter2").unwrap();
    assert!(!format!("{place} {place:?}").contains("hunter2"));
    let error = at("postgres://u:hunter2@h/c?hunter2=hunter2").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn the_driver_is_given_what_was_checked() {
    let url = "postgres://a%40b:p%2F%3F@H/c%20d?options=-csearch_path=s&sslmode=require";
    assert_eq!(
        at(url).unwrap().connect_url(),
        "postgres://a%40b:p%2F%3F@h:5432/c%20d?options%5Bsearch_path%5D=s&sslmode=require"
    );
    assert_eq!(at("sqlite:/tmp/a%3Fb.db").unwrap().connect_url(), "sqlite:///tmp/a%3Fb.db?mode=rw");
}

#[test]
fn names_that_resolve_to_forbidden_addresses_are_forbidden_too() {
    for address in ["169.254.169.254", "fe80::1", "::ffff:169.254.0.1", "64:ff9b::a9fe:1", "224.0.0.1", "::"] {
        assert!(is_forbidden(address.parse().unwrap()), "{address}");
    }
    for address in ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "2001:db8::1", "fd00::1", "::ffff:10.0.0.1"] {
        assert!(!is_forbidden(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    #[test]
    fn any_url_is_read_or_refused(rest in "\\PC{0,40}", scheme in "(sqlite|postgres|mysql|postgresql|x)?:?(//)?") {
        if let Ok(place) = at(&format!("{scheme}{rest}")) {
            // What is shown leads to the same place, and never up.
            prop_assert!(!place.to_string().contains("/../"));
        }
    }

    #[test]
    fn what_the_driver_is_given_is_what_was_read(
        host in "[a-z][a-z0-9.-]{0,10}[a-z]",
        user in "[^\\p{C}#\\\\/?@:%]{1,8}",
        password in "[^\\p{C}#\\\\/?%]{0,8}",
        name in "[^\\p{C}#\\\\/?%]{1,8}",
        port in 1_u16..,
    ) {
        let read = at(&format!("postgres://{user}:{password}@{host}:{port}/{name}"));
        prop_assume!(read.is_ok());
        let read = read?;
        prop_assert_eq!(at(&read.connect_url())?, read);
    }

    #[test]
    fn an_address_is_one_place_in_all_its_spellings(address in any::<u32>()) {
        let [a, b, c, d] = address.to_be_bytes();
        let plain = at(&format!("mysql://u@{a}.{b}.{c}.{d}/x"));
        for spelling in [
            format!("{address}"),
            format!("0x{address:x}"),
            format!("0{address:o}"),
            format!("{a}.{}", address & 0xff_ffff),
            format!("0x{a:x}.0{b:o}.{}", address & 0xffff),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
        ] {
            prop_assert_eq!(at(&format!("mysql://u@{spelling}/x")), plain.clone());
        }
    }
}
