use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use crate::rolecall::Place;

/// Sends `text` and reads until the other side closes.
fn exchange(address: &str, text: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(text.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn the_server_says_where_it_listens_and_ends_well_when_told_to() {
    let place = Place::new();
    let mut serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);
    let answer = exchange(&serving.address, "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    serving.wait_for("GET /readyz 200");
    // A connection that never asked for anything does not hold the server up.
    let idle = TcpStream::connect(&serving.address).expect("it listens");
    serving.terminate();
    serving.wait_for("stopping");
    let (status, stdout, log) = serving.end();
    drop(idle);
    assert_eq!((status.code(), stdout.as_str()), (Some(0), ""), "{log}");
    assert!(log.trim_end().ends_with("stopped"), "{log}");
}

#[test]
fn what_is_asked_when_the_server_is_told_to_stop_is_still_answered() {
    let place = Place::new();
    let account = place.account();
    let app = place.json(&["app", "create", "--account", &account, "--name", "Deploy", "--all-scopes"]);
    let token = place.run(&["token", "--app", app["clientId"].as_str().expect("an id")]).stdout;
    let mut serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);

    let body = "--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n{}\r\n--X--\r\n";
    let head = format!(
        "POST /api/public/uploadfile HTTP/1.1\r\nhost: x\r\nauth: {}\r\nexpect: 100-continue\r\n\
         content-type: multipart/form-data; boundary=X\r\ncontent-length: {}\r\n\r\n",
        token.trim(),
        body.len()
    );
    let mut stream = TcpStream::connect(&serving.address).expect("it listens");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut go_on).expect("it wants the body now");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    serving.terminate();
    serving.wait_for("stopping: 1 connections");
    assert!(TcpStream::connect(&serving.address).is_err(), "nobody is let in any more");
    stream.write_all(body.as_bytes()).expect("it still reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers and closes");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("fileId"), "{answer}");
    let (status, _, log) = serving.end();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_page_that_keeps_up_with_something_does_not_hold_up_the_end() {
    let place = Place::new();
    let account = place.account();
    let made = place.json(&["account", "link", "--account", &account, "--user", "owner@acme.example"]);
    let (_, token) = made["setUpUrl"].as_str().and_then(|url| url.rsplit_once('/')).expect("a link");
    let mut serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);

    let form = "new=correct+horse+battery&again=correct+horse+battery";
    let let_in = exchange(
        &serving.address,
        &format!(
            "POST /console/set-up/{token} HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {1}\r\n\r\n{form}",
            serving.address,
            form.len()
        ),
    );
    let cookie = let_in.split("set-cookie: ").find(|rest| rest.starts_with("__Host-rolecall=")).expect(&let_in);
    let cookie = cookie.split_once(';').expect("it has attributes").0;
    let mut stream = TcpStream::connect(&serving.address).expect("it listens");
    let head = format!("GET /console/progress HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n", serving.address);
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut told = BufReader::new(stream);
    let mut line = String::new();
    while line != "event: erasures\n" {
        line.clear();
        assert!(told.read_line(&mut line).expect("it goes on") > 0, "the stream ended");
    }

    serving.terminate();
    serving.wait_for("stopping: 1 connections");
    let mut rest = String::new();
    told.read_to_string(&mut rest).expect("it ends well");
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "the answer is whole: {rest}");
    let (status, _, log) = serving.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("unfinished") && log.trim_end().ends_with("stopped"), "{log}");
}

#[test]
fn a_port_in_use_is_told() {
    let place = Place::new();
    let serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);
    let second = place.run(&["serve", "--listen", &serving.address]);
    insta::assert_snapshot!("port_in_use", second.shown(&[(&serving.address, "ADDRESS")]));
    insta::assert_snapshot!("no_address", place.run(&["serve", "--listen", "8080"]).shown(&[]));
}

#[test]
fn logs_for_machines_are_one_object_a_line() {
    let place = Place::new();
    place.write("rolecall.toml", "listen = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n");
    let mut command = place.command(&["serve"]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("the binary runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().expect("it was asked for")));
    let line = lines.next().expect("a line").expect("UTF-8");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["level"], "INFO");
    assert!(line["message"].as_str().is_some_and(|text| text.starts_with("listening on http://127.0.0.1:")), "{line}");
}
