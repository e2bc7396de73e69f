//! `rolecall serve`: the server itself.

use clap::Args;

use super::{Answer, Machine, open};
use crate::{config::Config, serve};

#[derive(Args)]
pub(super) struct Serve {
    /// Where to listen: an address and a port; port 0 picks a free one [default: 127.0.0.1:8080]
    /// [env: ROLECALL_LISTEN]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Bring a PostgreSQL database to this version's schema first; an embedded one always is
    #[arg(long)]
    migrate: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config, machine: Machine) -> anyhow::Result<Answer> {
        let mut config = config;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if self.migrate {
            let db = open::database(&config).await?;
            open::migrate(&db, &machine).await?;
            db.close().await;
        }
        let core = open::core(&config, machine).await?;
        let bound = serve::bind(&config.listen).await?;
        serve::run(bound, serve::server(core, &config)?, config.erasure.workers).await?;
        Ok(Answer::default())
    }
}
