//! One private NATS server per test.

use baton_standalone::{NatsOptions, NatsServer, SyncPolicy};
use tempfile::TempDir;

#[cfg(feature = "containers")]
use crate::containers::Container;
use crate::{source::Source, tools, verbs::server_verbs};

/// A NATS server with JetStream that is gone, with its data, when this is dropped.
#[derive(Debug)]
pub struct TestBroker(Server);

#[derive(Debug)]
enum Server {
    Process {
        // Before the folder, so that the server is gone when the folder is removed.
        server: NatsServer,
        _folder: TempDir,
    },
    #[cfg(feature = "containers")]
    Container(Box<Container>),
}

impl TestBroker {
    /// Starts a server that leaves `fsync` for later: acknowledged data survives [`kill9`](Self::kill9).
    pub async fn start() -> Self {
        match Source::asked_for() {
            Source::Processes => Self::with_sync(SyncPolicy::Default).await,
            #[cfg(feature = "containers")]
            Source::Containers => Self(Server::Container(Box::new(Container::nats().await))),
        }
    }

    /// Starts a server with the policy on `fsync` that a test is about; always a process.
    pub async fn with_sync(sync: SyncPolicy) -> Self {
        Self::process(sync, None).await
    }

    /// Starts a server with a configuration of the test's own, such as users and what they may
    /// do; always a process.
    pub async fn with_config(text: &str) -> Self {
        Self::process(SyncPolicy::Default, Some(text)).await
    }

    async fn process(sync: SyncPolicy, config: Option<&str>) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("baton-broker-")
            .tempdir()
            .expect("a folder for the broker");
        let binary = tools::search()
            .nats_server(None)
            .unwrap_or_else(|error| panic!("{error}"));
        let config = config.map(|text| {
            let path = folder.path().join("server.conf");
            std::fs::write(&path, text).expect("a configuration for the broker");
            path
        });
        let options = NatsOptions {
            binary,
            store_dir: folder.path().join("store"),
            port: None,
            sync,
            config,
        };
        let server = NatsServer::start(options)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        Self(Server::Process {
            server,
            _folder: folder,
        })
    }

    /// `nats://127.0.0.1:<port>`; the same after every restart.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.0 {
            Server::Process { server, .. } => server.url(),
            #[cfg(feature = "containers")]
            Server::Container(container) => container.url(),
        }
    }
}

server_verbs!(TestBroker);
