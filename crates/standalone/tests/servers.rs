//! The real programs: started, stopped, killed and started again.

#![cfg(test)]

use std::{
    fs::Permissions,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
};

use baton_standalone::{
    Durability, Error, NatsOptions, NatsServer, Postgres, PostgresOptions, Search, SyncPolicy,
};
use tempfile::TempDir;

fn search() -> Search {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Search {
        path: std::env::var_os("PATH").unwrap_or_default(),
        extra: vec![workspace.join(".tools/bin")],
    }
}

fn nats(store_dir: &Path) -> NatsOptions {
    NatsOptions {
        binary: search().nats_server(None).unwrap(),
        store_dir: store_dir.to_path_buf(),
        port: None,
        sync: SyncPolicy::Always,
        config: None,
    }
}

fn postgres(dir: &Path) -> PostgresOptions {
    PostgresOptions {
        binaries: search().postgres(None).unwrap(),
        dir: dir.to_path_buf(),
        port: None,
        durability: Durability::Scratch,
    }
}

/// A temporary folder that others can pass through with mode 0711, and cannot with 0700.
fn folder(mode: u32) -> TempDir {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempdir()
        .unwrap()
}

/// A connection to a NATS server that has said its first line, which describes it in JSON.
fn greet(address: &str) -> (TcpStream, String) {
    let connection = TcpStream::connect(address).unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(connection);
    reader.read_line(&mut line).unwrap();
    (reader.into_inner(), line)
}

fn greeting(server: &NatsServer) -> String {
    greet(&server.url().replace("nats://", "")).1
}

/// A connection to a Postgres that has said that it does not speak TLS.
fn knock(port: u16) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
    let mut answer = [0];
    connection.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"N");
    connection
}

#[tokio::test]
async fn nats_keeps_its_address_over_stop_kill_and_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = NatsServer::start(nats(folder.path())).await.unwrap();
    let (url, first) = (server.url(), server.pid());
    assert!(greeting(&server).contains("\"jetstream\":true"));

    server.kill9().await;
    assert_eq!(server.pid(), None);
    server.start_again().await.unwrap();
    assert!(greeting(&server).starts_with("INFO "));
    server.restart().await.unwrap();
    assert!(greeting(&server).starts_with("INFO "));
    assert_eq!(server.url(), url);
    assert_ne!(server.pid(), first);
}

#[tokio::test]
async fn nats_takes_a_given_configuration_and_keeps_to_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("server.conf");
    std::fs::write(&config, "host: 0.0.0.0\nserver_name: given\njetstream {}\n").unwrap();
    let mut options = nats(&folder.path().join("store"));
    options.config = Some(config);
    let server = NatsServer::start(options).await.unwrap();
    let said = greeting(&server);
    assert!(said.contains("\"server_name\":\"given\""), "{said}");
    assert!(said.contains("\"host\":\"127.0.0.1\""), "{said}");
}

#[tokio::test]
async fn a_nats_that_cannot_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("server.conf");
    std::fs::write(&config, "no_such_setting: 1\n").unwrap();
    let mut options = nats(folder.path());
    options.config = Some(config);
    let error = NatsServer::start(options).await.unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}

#[tokio::test]
async fn a_taken_fixed_port_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = nats(folder.path());
    options.port = Some(taken.local_addr().unwrap().port());
    let error = NatsServer::start(options).await.unwrap_err();
    assert!(matches!(error, Error::Ended { .. }), "{error}");
}

#[tokio::test]
async fn postgres_keeps_its_address_over_stop_kill_and_restart() {
    let folder = folder(0o711);
    let mut server = Postgres::start(postgres(folder.path())).await.unwrap();
    let (url, first) = (server.url(), server.pid());
    knock(server.port());

    server.kill9().await;
    assert_eq!(server.pid(), None);
    server.start_again().await.unwrap();
    knock(server.port());
    server.restart().await.unwrap();
    knock(server.port());
    assert_eq!(server.url(), url);
    assert_ne!(server.pid(), first);
}

#[tokio::test]
async fn postgres_keeps_its_password_to_itself_and_over_starts() {
    let folder = folder(0o711);
    let mut options = postgres(folder.path());
    options.durability = Durability::Kept;
    let first = Postgres::start(options.clone()).await.unwrap();
    let password = folder.path().join("password");
    let mode = password.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    options.port = Some(first.port());
    let url = first.url();
    drop(first);
    let second = Postgres::start(options).await.unwrap();
    assert_eq!(second.url(), url);
}

/// Root's home is closed to the user that Postgres runs as; a user's own is not.
#[tokio::test]
async fn postgres_runs_for_a_state_folder_that_it_cannot_reach() {
    let closed = folder(0o700);
    let dir = closed.path().join("state");
    let server = Postgres::start(postgres(&dir)).await.unwrap();
    let url = server.url();
    drop(server);
    let again = Postgres::start(PostgresOptions {
        port: Some(url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap()),
        ..postgres(&dir)
    });
    assert_eq!(again.await.unwrap().url(), url);
    if let Ok(elsewhere) = dir.join("data").read_link() {
        std::fs::remove_dir_all(elsewhere.parent().unwrap()).unwrap();
    }
}

#[tokio::test]
async fn data_of_another_version_is_refused() {
    let folder = folder(0o711);
    let mut options = postgres(folder.path());
    Postgres::prepare(&options).await.unwrap();
    options.binaries.major += 1;
    let error = Postgres::start(options).await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error}");
}

const OWNED: &str = "BATON_TEST_OWNED_SERVER";

/// Started again as a process of its own by the test below, it owns a server until it is killed.
/// As a test it has nothing to say.
#[tokio::test]
async fn owner_of_a_server() {
    if let Some(folder) = std::env::var_os(OWNED) {
        let server = NatsServer::start(nats(Path::new(&folder))).await.unwrap();
        let database = Postgres::start(postgres(Path::new(&folder))).await.unwrap();
        println!("owns {} {}", server.url(), database.port());
        std::future::pending::<()>().await;
    }
}

#[test]
fn servers_do_not_outlive_a_killed_owner() {
    use std::process::Stdio;
    let folder = folder(0o711);
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner_of_a_server", "--nocapture"])
        .env(OWNED, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let line = lines
        .map(Result::unwrap)
        .find(|line| line.contains("owns "))
        .unwrap();
    let (_, told) = line.split_once("owns nats://").unwrap();
    let (broker, port) = told.split_once(' ').unwrap();
    let connections = [greet(broker).0, knock(port.parse().unwrap())];

    owner.kill().unwrap();
    owner.wait().unwrap();
    for mut connection in connections {
        // It ends when the server does; a reset is an end too.
        let _ = connection.read_to_end(&mut Vec::new());
    }
}
