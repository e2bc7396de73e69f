//! A wire to a server that a test can cut and mend.

use std::sync::Arc;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A way to a server on this machine that can be cut: who is connected loses the connection, who
/// connects is turned away.
pub struct Wire {
    /// The URL of what is behind it, by way of the wire.
    pub url: String,
    is_cut: watch::Sender<bool>,
    /// Each connection that is open holds a receiver of it.
    open: Arc<watch::Sender<()>>,
}

impl Wire {
    /// A wire to the server of `url`.
    pub async fn to(url: &str) -> Self {
        let (before, rest) = url.split_once('@').expect("the URL names a user");
        let (server, after) = rest.split_once('/').expect("the URL names a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let here = listener.local_addr().expect("an address");
        let url = format!("{before}@{here}/{after}");
        let (is_cut, watcher) = watch::channel(false);
        let server = server.to_owned();
        let open = Arc::new(watch::Sender::new(()));
        let connections = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (server, watcher, connection) = (server.clone(), watcher.clone(), connections.subscribe());
                tokio::spawn(async move {
                    carry(near, server, watcher).await;
                    drop(connection);
                });
            }
        });
        Self { url, is_cut, open }
    }

    /// Cuts it. Nothing that is sent after this returns arrives.
    pub async fn cut(&self) {
        self.is_cut.send_replace(true);
        self.open.closed().await;
    }

    /// Mends it.
    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn carry(mut near: TcpStream, server: String, mut is_cut: watch::Receiver<bool>) {
    if *is_cut.borrow() {
        return;
    }
    let Ok(mut far) = TcpStream::connect(server).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = is_cut.wait_for(|is_cut| *is_cut) => {}
    }
}
