//! A private NATS server with JetStream on loopback.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::sys::signal::Signal;

use crate::{
    Error, Result,
    child::{Child, leashed, tail},
    port,
};

const PROGRAM: &str = "nats-server";
const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(1);
const PORT_TRIES: u32 = 5;

/// When the server calls `fsync` on what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPolicy {
    /// Before every acknowledgement: what is acknowledged survives a power cut.
    Always,
    /// As the server does by default, up to two minutes later: what is acknowledged survives the
    /// server's death, not the machine's.
    Default,
}

/// What a private server is made of.
#[derive(Debug, Clone)]
pub struct NatsOptions {
    /// The program, as [`Search::nats_server`](crate::Search::nats_server) finds it.
    pub binary: PathBuf,
    /// The folder for streams, log and generated configuration; created if need be.
    pub store_dir: PathBuf,
    /// The loopback port; a free one is chosen, and kept over restarts, when there is none.
    pub port: Option<u16>,
    /// Written into the generated configuration; a `config` of your own says it itself.
    pub sync: SyncPolicy,
    /// A configuration file to use instead of the generated one. Host, port and store folder are
    /// given on the command line and win over what it says.
    pub config: Option<PathBuf>,
}

/// A NATS server that belongs to this process. Dropping it kills it; its data stays.
#[derive(Debug)]
pub struct NatsServer {
    options: NatsOptions,
    port: u16,
    child: Option<Child>,
}

impl NatsServer {
    /// Starts a server and waits until it takes connections.
    ///
    /// # Errors
    /// When the folder cannot be written, or the server does not start; the error has its log.
    pub async fn start(options: NatsOptions) -> Result<Self> {
        fs::create_dir_all(&options.store_dir)
            .map_err(Error::file("create", &options.store_dir))?;
        let mut tries = PORT_TRIES;
        loop {
            let port = options.port.unwrap_or_else(port::free_port);
            match launch(&options, port).await {
                Ok(child) => {
                    return Ok(Self {
                        options,
                        port,
                        child: Some(child),
                    });
                }
                Err(error) if options.port.is_none() && error.is_port_taken() && tries > 1 => {
                    tries -= 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// `nats://127.0.0.1:<port>`; the same after every restart.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The process id while it is running.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let child = self.child.as_ref()?;
        child.status().is_none().then(|| child.pid())
    }

    /// Where the server writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        log_of(&self.options.store_dir)
    }

    /// Waits until the server has ended by itself or by another's hand; at once when it is not
    /// running.
    pub async fn ended(&self) {
        if let Some(child) = &self.child {
            child.ended().await;
        }
    }

    /// Asks the server to stop (SIGTERM) and waits until it has.
    pub async fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            child.end(Signal::SIGTERM).await;
        }
    }

    /// Kills the server (SIGKILL), as a crash would, and waits until it is gone.
    pub async fn kill9(&mut self) {
        if let Some(child) = self.child.take() {
            child.end(Signal::SIGKILL).await;
        }
    }

    /// Starts a stopped or killed server on the same port with the same data. A running one is
    /// left alone.
    ///
    /// # Errors
    /// As [`NatsServer::start`].
    pub async fn start_again(&mut self) -> Result<()> {
        if self.pid().is_none() {
            self.child = Some(launch(&self.options, self.port).await?);
        }
        Ok(())
    }

    /// Stops the server and starts it again.
    ///
    /// # Errors
    /// As [`NatsServer::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await;
        self.start_again().await
    }
}

async fn launch(options: &NatsOptions, port: u16) -> Result<Child> {
    let log = log_of(&options.store_dir);
    // A fresh log per start, so that an error shows this start's words.
    fs::write(&log, "").map_err(Error::file("write", &log))?;
    let child = Child::spawn(PROGRAM, command(options, port)?, &log, Signal::SIGKILL)?;
    let ready = tokio::time::timeout(READY_WITHIN, until_ready(options, &child)).await;
    match ready {
        Ok(Ok(())) => Ok(child),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Slow {
            program: PROGRAM,
            seconds: READY_WITHIN.as_secs(),
            log: tail(&log),
        }),
    }
}

fn command(options: &NatsOptions, port: u16) -> Result<Command> {
    let config = match &options.config {
        Some(given) => given.clone(),
        None => generate(options)?,
    };
    let mut command = leashed(&options.binary, Signal::SIGTERM);
    command
        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js"])
        .arg("-sd")
        .arg(&options.store_dir)
        .arg("--ports_file_dir")
        .arg(&options.store_dir)
        .arg("-c")
        .arg(config);
    Ok(command)
}

/// Writes the configuration for what no flag can say.
fn generate(options: &NatsOptions) -> Result<PathBuf> {
    let path = options.store_dir.join("nats.conf");
    let sync = match options.sync {
        SyncPolicy::Always => "jetstream { sync_interval: always }\n",
        SyncPolicy::Default => "jetstream {}\n",
    };
    fs::write(&path, sync).map_err(Error::file("write", &path))?;
    Ok(path)
}

/// The server writes `<program>_<pid>.ports` once it listens.
async fn until_ready(options: &NatsOptions, child: &Child) -> Result<()> {
    let name = options.binary.file_name().unwrap_or_default();
    let file = format!("{}_{}.ports", name.to_string_lossy(), child.pid());
    let file = options.store_dir.join(file);
    let mut poll = tokio::time::interval(POLL);
    while !file.exists() {
        if let Some(status) = child.status() {
            return Err(Error::Ended {
                program: PROGRAM,
                status: status.to_string(),
                log: tail(&log_of(&options.store_dir)),
            });
        }
        poll.tick().await;
    }
    // It is only a sign, and would be a false one for a later process with the same id.
    fs::remove_file(&file).map_err(Error::file("remove", &file))
}

fn log_of(store_dir: &Path) -> PathBuf {
    store_dir.join("nats.log")
}
