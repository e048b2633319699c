//! The same servers from containers: a fixed port on the host, so that a restart keeps the
//! address.

use baton_standalone::free_port;
use testcontainers::{
    ContainerAsync, ContainerRequest, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};

const NATS_TAG: &str = "2.15.1-alpine";
const POSTGRES_TAG: &str = "15-alpine";
const PASSWORD: &str = "scratch";

/// A server in a container, removed when dropped.
#[derive(Debug)]
pub(crate) struct Container {
    container: ContainerAsync<GenericImage>,
    url: String,
}

impl Container {
    /// A NATS server with JetStream.
    pub(crate) async fn nats() -> Self {
        let port = free_port();
        let image = GenericImage::new("nats", NATS_TAG)
            .with_wait_for(WaitFor::message_on_stderr("Server is ready"))
            .with_mapped_port(port, 4222.tcp())
            .with_cmd(["-js"]);
        Self::start(image, format!("nats://127.0.0.1:{port}")).await
    }

    /// A Postgres with one empty database.
    pub(crate) async fn postgres() -> Self {
        let port = free_port();
        // The image starts its server twice: once to fill it, once to serve.
        let image = GenericImage::new("postgres", POSTGRES_TAG)
            .with_wait_for(WaitFor::message_on_stdout("init process complete"))
            .with_wait_for(WaitFor::message_on_stderr("ready to accept connections"))
            .with_mapped_port(port, 5432.tcp())
            .with_env_var("POSTGRES_USER", "baton")
            .with_env_var("POSTGRES_DB", "baton")
            .with_env_var("POSTGRES_PASSWORD", PASSWORD)
            .with_cmd(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        let url = format!("postgres://baton:{PASSWORD}@127.0.0.1:{port}/baton");
        Self::start(image, url).await
    }

    async fn start(image: ContainerRequest<GenericImage>, url: String) -> Self {
        let started = image.start().await;
        let container = started.unwrap_or_else(|error| panic!("no container: {error}"));
        Self { container, url }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) async fn stop(&self) {
        let stopped = self.container.stop().await;
        stopped.expect("the container stops");
    }

    /// Without a moment for an orderly end.
    pub(crate) async fn kill9(&self) {
        let stopped = self.container.stop_with_timeout(Some(0)).await;
        stopped.expect("the container stops");
    }

    pub(crate) async fn start_again(&self) {
        let started = self.container.start().await;
        started.expect("the container starts again");
    }
}
