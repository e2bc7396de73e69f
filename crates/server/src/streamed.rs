//! Answers that are written while they are sent: as long as they like, in little memory.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::mpsc;

/// How many pieces may wait for a caller that reads slowly.
const N_WAITING: usize = 2;

/// What broke an answer off: the connection ends without its end, so that nobody takes it for whole.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer broke off")
    }
}

impl std::error::Error for BrokenOff {}

/// Where the pieces of an answer go.
pub(crate) struct Sink(mpsc::Sender<Result<Bytes, BrokenOff>>);

impl Sink {
    /// Sends a piece; false once nobody reads any more. Waits while the caller has not read those before.
    pub(crate) async fn send(&self, piece: Vec<u8>) -> bool {
        piece.is_empty() || self.0.send(Ok(piece.into())).await.is_ok()
    }

    /// Waits until nobody reads any more.
    pub(crate) async fn is_left(&self) {
        self.0.closed().await;
    }
}

struct Pieces(mpsc::Receiver<Result<Bytes, BrokenOff>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// A body of what `write` sends, in a task of its own that ends when the caller goes away.
pub(crate) fn streamed<F>(write: impl FnOnce(Sink) -> F) -> Body
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(N_WAITING);
    let work = write(Sink(sender.clone()));
    tokio::spawn(async move {
        let told = |error| tracing::warn!(error = %error, "an answer broke off while it was sent");
        if work.await.map_err(told).is_err() {
            // Who has gone need not be told.
            let _: Result<(), _> = sender.send(Err(BrokenOff)).await;
        }
        Ok::<(), Infallible>(())
    });
    Body::new(Pieces(receiver))
}
