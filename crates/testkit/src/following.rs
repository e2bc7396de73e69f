//! An answer that goes on, read event by event as a browser reads it (HTML, section 9.2.6).

use axum::{
    body::Body,
    http::{HeaderMap, Method, StatusCode},
};
use http_body_util::BodyExt as _;

use crate::{Request, SignedIn, TestApp};

/// A stream of events.
pub struct Following {
    /// The answer's status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: Body,
    text: String,
}

impl TestApp {
    /// Begins to follow what `path` tells `person`.
    pub async fn follow(&self, person: &SignedIn, path: &str) -> Following {
        let (parts, body) = self.answer(Request::new(Method::GET, path).person(person)).await.into_parts();
        Following { status: parts.status, headers: parts.headers, body, text: String::new() }
    }
}

impl Following {
    /// The next event and its text; nothing at the end.
    pub async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, _)) = self.text.split_once("\n\n") {
                let n_bytes = event.len() + 2;
                let field = |name: &'static str| event.lines().filter_map(move |line| line.strip_prefix(name));
                let (named, data) = (field("event: ").next(), field("data: ").collect::<Vec<_>>().join("\n"));
                let event = named.map(|name| (name.to_owned(), data));
                self.text.drain(..n_bytes);
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let frame = self.body.frame().await?.expect("it does not break off");
            let bytes = frame.into_data().expect("there are no trailers");
            self.text.push_str(std::str::from_utf8(&bytes).expect("the events are UTF-8"));
        }
    }

    /// The text of the next event with this name.
    pub async fn next_of(&mut self, name: &str) -> String {
        loop {
            let (event, text) = self.next().await.expect("it goes on");
            if event == name {
                return text;
            }
        }
    }

    /// The events until the end, each with its text.
    pub async fn rest(&mut self) -> Vec<(String, String)> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}
