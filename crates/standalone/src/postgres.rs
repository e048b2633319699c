//! A private Postgres on loopback, with a generated password and its data in one folder.
//!
//! The folder holds `data/` (the cluster), `password` (mode 0600) and `postgres.log`. No unix
//! socket is opened: its path would have to fit into 107 bytes.

mod cluster;
mod launch;

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;

use crate::{
    Error, PostgresBinaries, Result,
    child::Child,
    identity::{self, Other},
};

const PROGRAM: &str = "postgres";
/// The superuser of the cluster.
const USER: &str = "baton";
/// The database that a new cluster comes with.
const DATABASE: &str = "baton";

/// What the data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Somebody's runs: every commit is on the disk before it is acknowledged.
    Kept,
    /// A test's: commits survive the server's death but not the machine's, and passwords cross
    /// the loopback in the clear, which spares every connection a key derivation.
    Scratch,
}

/// What a private Postgres is made of.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// As [`Search::postgres`](crate::Search::postgres) finds them.
    pub binaries: PostgresBinaries,
    /// The folder for data, password and log; created if need be. Where root's folder cannot be
    /// reached by the user that Postgres runs as, `data` is a link to a folder below
    /// `/var/lib/baton`.
    pub dir: PathBuf,
    /// The loopback port; a free one is chosen, and kept over restarts, when there is none.
    pub port: Option<u16>,
    /// What the data is worth.
    pub durability: Durability,
}

/// A Postgres that belongs to this process. Dropping it stops it; its data stays.
#[derive(Debug)]
pub struct Postgres {
    place: Place,
    durability: Durability,
    port: u16,
    password: String,
    child: Option<Child>,
}

/// A cluster on disk and who may run it.
#[derive(Debug)]
struct Place {
    binaries: PostgresBinaries,
    dir: PathBuf,
    runs_as: Option<Other>,
}

impl Place {
    fn of(options: &PostgresOptions) -> Result<Self> {
        Ok(Self {
            binaries: options.binaries.clone(),
            dir: options.dir.clone(),
            runs_as: identity::unprivileged()?,
        })
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn password(&self) -> PathBuf {
        self.dir.join("password")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }
}

impl Postgres {
    /// Makes the cluster without starting it, unless it is there already.
    ///
    /// # Errors
    /// When the folder cannot be written, `initdb` fails, or the data is of another version.
    pub async fn prepare(options: &PostgresOptions) -> Result<()> {
        cluster::prepare(&Place::of(options)?, options.durability).await
    }

    /// Makes the cluster if need be, starts it and waits until it takes connections.
    ///
    /// # Errors
    /// As [`Postgres::prepare`]; or when the server does not start, and then the error has its log.
    pub async fn start(options: PostgresOptions) -> Result<Self> {
        let place = Place::of(&options)?;
        cluster::prepare(&place, options.durability).await?;
        let password = read(&place.password())?;
        let (child, port) = launch::on_some_port(&place, options.durability, options.port).await?;
        Ok(Self {
            place,
            durability: options.durability,
            port,
            password,
            child: Some(child),
        })
    }

    /// `postgres://baton:<password>@127.0.0.1:<port>/baton`, a superuser's; the same after every
    /// restart. It holds the password: not for logs.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(USER, &self.password)
    }

    /// The same for another role, whose password needs no escapes in a URL.
    #[must_use]
    pub fn url_of(&self, role: &str, password: &str) -> String {
        format!(
            "postgres://{role}:{password}@127.0.0.1:{}/{DATABASE}",
            self.port
        )
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
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
        self.place.log()
    }

    /// Waits until the server has ended by itself or by another's hand; at once when it is not
    /// running.
    pub async fn ended(&self) {
        if let Some(child) = &self.child {
            child.ended().await;
        }
    }

    /// Ends open connections, writes a checkpoint, stops (SIGINT) and waits until it has.
    pub async fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            child.end(Signal::SIGINT).await;
        }
    }

    /// Kills the server (SIGKILL), as a crash would, and waits until it and its backends are gone.
    pub async fn kill9(&mut self) {
        if let Some(child) = self.child.take() {
            let backends = launch::Backends::of(child.pid());
            child.end(Signal::SIGKILL).await;
            backends.gone().await;
        }
    }

    /// Starts a stopped or killed server on the same port with the same data. A running one is
    /// left alone.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn start_again(&mut self) -> Result<()> {
        if self.pid().is_none() {
            self.child = Some(launch::on_port(&self.place, self.durability, self.port).await?);
        }
        Ok(())
    }

    /// Stops the server and starts it again.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await;
        self.start_again().await
    }
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    Ok(text.trim().to_owned())
}
