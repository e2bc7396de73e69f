//! Pages that keep up with what they show, by server-sent events: a stream tells what has become of each
//! part of a page, by the id of its place, until there is nothing more to tell.
//!
//! It ends with what it is about, with the session that it was begun in or its person's permission, and with
//! the server. What goes on may go on in another process, so it is looked for.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{
    Ctx,
    sessions::{self, Session},
};
use rolecall_model::authority::AdminPermission;
use rolecall_store::Meter;
use tokio::sync::{Semaphore, watch};

use super::ConsoleError;
use crate::{
    Server,
    auth::{Caller, Need},
    streamed::{Sink, streamed},
};

/// After how many looks at which nothing was new a line shows whether anybody is still there.
const QUIET_ROUNDS: u32 = 15;

/// How many streams a process has at once. Each looks at the database once a round.
const MAX_AT_ONCE: usize = 64;

/// The streams of a server.
#[derive(Debug)]
pub struct Streams {
    room: Arc<Semaphore>,
    stop: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self::new(MAX_AT_ONCE)
    }
}

impl Streams {
    /// Room for `n` streams.
    pub fn new(n: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(n)), stop: watch::Sender::new(false) }
    }

    /// Ends all of them, and those that would begin.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// What is to be seen at some moment.
pub(super) struct Look {
    /// Each part of the page that may have changed: the id of its place, and what stands there.
    pub(super) parts: Vec<(&'static str, String)>,
    /// Whether nothing will change any more.
    pub(super) is_over: bool,
}

/// A stream of what `look` sees on behalf of whoever calls, each look a `round` after the one before.
///
/// Errors: there are too many streams.
pub(super) fn follow<N: Need, F>(
    server: &Arc<Server>,
    caller: &Caller<N, ConsoleError>,
    round: Duration,
    look: impl Fn(Ctx) -> F + Send + Sync + 'static,
) -> Result<Response, ConsoleError>
where
    F: Future<Output = anyhow::Result<Look>> + Send + 'static,
{
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?.clone();
    let room = Arc::clone(&server.streams.room).try_acquire_owned().map_err(|_| ConsoleError::unavailable())?;
    let mut stop = server.streams.stop.subscribe();
    let server = Arc::clone(server);
    let body = streamed(async move |sink| {
        let _room = room;
        tokio::select! {
            done = tell(&server, session, N::PERMISSIONS, &sink, round, look) => done,
            () = stopped(&mut stop) => Ok(()),
            () = sink.is_left() => Ok(()),
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // Some proxies keep answers back until there is more of them.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whether it was told to stop, or nobody is there any more who could.
    let _: Result<_, _> = stop.wait_for(|is_over| *is_over).await;
}

async fn tell<F: Future<Output = anyhow::Result<Look>>>(
    server: &Server,
    mut session: Session,
    any_of: &[AdminPermission],
    sink: &Sink,
    round: Duration,
    look: impl Fn(Ctx) -> F,
) -> anyhow::Result<()> {
    let (mut told, mut n_quiet) = (HashMap::new(), 0);
    loop {
        let ctx = Ctx::of_person(&server.core, Arc::clone(&session.person), Meter::default());
        let seen = look(ctx).await?;
        let mut piece = String::new();
        for (place, text) in seen.parts {
            if told.get(place) != Some(&text) {
                write(&mut piece, place, &text);
                told.insert(place, text);
            }
        }
        if seen.is_over {
            write(&mut piece, "end", "over");
            sink.send(piece.into_bytes()).await;
            return Ok(());
        }
        n_quiet = if piece.is_empty() { n_quiet + 1 } else { 0 };
        if n_quiet == QUIET_ROUNDS {
            piece.push_str(":\n\n");
            n_quiet = 0;
        }
        if !sink.send(piece.into_bytes()).await {
            return Ok(());
        }
        pause(round).await;
        let still = sessions::still(&server.core, &server.gate.settings, &Meter::default(), &session).await?;
        match still.filter(|session| session.person.powers.has_any(any_of)) {
            Some(still) => session = still,
            None => return Ok(()),
        }
    }
}

/// Writes an event (HTML, section 9.2.5): a line of its own for each of the text's.
fn write(piece: &mut String, event: &str, text: &str) {
    piece.push_str("event: ");
    piece.push_str(event);
    for line in text.split(['\n', '\r']) {
        piece.push_str("\ndata: ");
        piece.push_str(line);
    }
    piece.push_str("\n\n");
}

async fn pause(round: Duration) {
    #[expect(clippy::disallowed_methods, reason = "what other processes do is found by looking")]
    tokio::time::sleep(round).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_event_or_begins_another() {
        let mut piece = String::new();
        write(&mut piece, "place", "<p>\r\n\nevent: end\rdata: x</p>");
        assert_eq!(piece, "event: place\ndata: <p>\ndata: \ndata: \ndata: event: end\ndata: data: x</p>\n\n");
    }
}
