//! One private Postgres per test, copied from a cluster that is made once per workspace.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use baton_standalone::{Durability, Postgres, PostgresBinaries, PostgresOptions};
use tempfile::TempDir;

#[cfg(feature = "containers")]
use crate::containers::Container;
use crate::{scratch, source::Source, tools, verbs::server_verbs};

/// Part of the template's name: raise it when what goes into the template changes.
const TEMPLATE_VERSION: u32 = 2;

/// A Postgres with one empty database that is gone, with its data, when this is dropped.
#[derive(Debug)]
pub struct TestDatabase(Server);

#[derive(Debug)]
enum Server {
    Process {
        // Before the folder, so that the server is gone when the folder is removed.
        server: Postgres,
        _folder: TempDir,
    },
    #[cfg(feature = "containers")]
    Container(Box<Container>),
}

impl TestDatabase {
    /// Starts a server without `fsync`: commits survive [`kill9`](Self::kill9), not a power cut.
    pub async fn start() -> Self {
        match Source::asked_for() {
            Source::Processes => Self(process().await),
            #[cfg(feature = "containers")]
            Source::Containers => Self(Server::Container(Box::new(Container::postgres().await))),
        }
    }

    /// `postgres://…`, of a superuser on the empty database; the same after every restart.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.0 {
            Server::Process { server, .. } => server.url(),
            #[cfg(feature = "containers")]
            Server::Container(container) => container.url(),
        }
    }
}

server_verbs!(TestDatabase);

async fn process() -> Server {
    let binaries = tools::search()
        .postgres(None)
        .unwrap_or_else(|error| panic!("{error}"));
    let template = template(&binaries).await;
    let folder = scratch::folder();
    let dir = folder.path().join("postgres");
    copy(&template, &dir);
    let server = Postgres::start(options(binaries, dir))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    Server::Process {
        server,
        _folder: folder,
    }
}

fn options(binaries: PostgresBinaries, dir: PathBuf) -> PostgresOptions {
    PostgresOptions {
        binaries,
        dir,
        port: None,
        durability: Durability::Scratch,
    }
}

/// The template's folder, made by whichever test comes first while the others wait.
async fn template(binaries: &PostgresBinaries) -> PathBuf {
    let cache = tools::workspace().join("target/testkit");
    fs::create_dir_all(&cache).expect("a folder for templates");
    // Another user could not read its files.
    let user = nix::unistd::geteuid();
    let name = format!("postgres-{}-v{TEMPLATE_VERSION}-user{user}", binaries.major);
    let template = cache.join(&name);
    if template.exists() {
        return template;
    }
    let lock = File::create(cache.join(format!("{name}.lock"))).expect("the template's lock file");
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .expect("taking a lock does not panic")
        .expect("the template's lock");
    if !template.exists() {
        make(binaries, &template).await;
    }
    drop(lock);
    template
}

/// Makes the cluster where any user can reach it (the workspace may be below root's closed home),
/// then brings it to its place by a rename, so that a half-made one is never seen.
async fn make(binaries: &PostgresBinaries, template: &Path) {
    let folder = scratch::folder();
    let dir = folder.path().join("postgres");
    Postgres::prepare(&options(binaries.clone(), dir.clone()))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let partial = template.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).expect("an older half-made template can be removed");
    }
    copy(&dir, &partial);
    fs::rename(&partial, template).expect("the template can be put in its place");
}

fn copy(from: &Path, to: &Path) {
    let said = Command::new("cp")
        .args(["--archive", "--reflink=auto"])
        .args([from, to])
        .output()
        .expect("cp runs");
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "failed to copy a cluster: {words}");
}
