//! A wire to a server that a test can cut and mend.

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
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, server.clone(), watcher.clone()));
            }
        });
        Self { url, is_cut }
    }

    /// Cuts it.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
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
