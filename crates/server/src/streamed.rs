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
use rolecall_control::Error as ControlError;
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
    F: Future<Output = Result<(), ControlError>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(N_WAITING);
    let work = write(Sink(sender.clone()));
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tracing::warn!(error = %error, "an answer broke off while it was sent");
            // Who has gone need not be told.
            let _: Result<(), _> = sender.send(Err(BrokenOff)).await;
        }
        Ok::<(), Infallible>(())
    });
    Body::new(Pieces(receiver))
}
