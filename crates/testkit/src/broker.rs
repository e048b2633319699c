//! One private NATS server per test.

use baton_standalone::{NatsOptions, NatsServer, SyncPolicy};
use tempfile::TempDir;

use crate::tools;

/// A NATS server with JetStream, its data in a folder that goes with it.
#[derive(Debug)]
pub struct TestBroker {
    // Before the folder, so that the server is gone when the folder is removed.
    server: NatsServer,
    _folder: TempDir,
}

impl TestBroker {
    /// Starts a server that leaves `fsync` for later: acknowledged data survives [`kill9`](Self::kill9).
    pub async fn start() -> Self {
        Self::with_sync(SyncPolicy::Default).await
    }

    /// Starts a server with the policy on `fsync` that a test is about.
    pub async fn with_sync(sync: SyncPolicy) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("baton-broker-")
            .tempdir()
            .expect("a folder for the broker");
        let binary = tools::search()
            .nats_server(None)
            .unwrap_or_else(|error| panic!("{error}"));
        let options = NatsOptions {
            binary,
            store_dir: folder.path().join("store"),
            port: None,
            sync,
            config: None,
        };
        let server = NatsServer::start(options)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        Self {
            server,
            _folder: folder,
        }
    }

    /// `nats://127.0.0.1:<port>`; the same after every restart.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The process id while it is running.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }

    /// Stops the server in order; its data stays for [`start_again`](Self::start_again).
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Kills the server as a crash would.
    pub async fn kill9(&mut self) {
        self.server.kill9().await;
    }

    /// Starts it again at the same address with the same data.
    pub async fn start_again(&mut self) {
        let started = self.server.start_again().await;
        started.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Stops it and starts it again.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }
}
