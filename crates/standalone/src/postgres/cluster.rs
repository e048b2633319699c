//! Making a cluster, once: `initdb` and the one database in a folder beside, then a rename.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tokio::io::AsyncWriteExt;

use super::{DATABASE, Durability, PROGRAM, Place, USER, read};
use crate::{Error, Result, identity};

/// Makes the cluster unless it is there, and checks that this Postgres can read it.
pub(super) async fn prepare(place: &Place, durability: Durability) -> Result<()> {
    create_dir(&place.dir, place)?;
    if !place.data().join("PG_VERSION").exists() {
        make(place, durability).await?;
    }
    check_version(place)?;
    admit(place, durability)
}

async fn make(place: &Place, durability: Durability) -> Result<()> {
    let home = home(place)?;
    let fresh = home.join("data.new");
    remove_dir(&fresh)?;
    private_dir(&fresh, place)?;
    let password = random_word().map_err(Error::file("read", "/dev/urandom"))?;
    init(place, durability, &fresh, &password).await?;
    create_database(place, durability, &fresh).await?;
    write_private(&place.password(), &password)?;
    settle(place, &home, &fresh)
}

/// Puts the finished cluster where the next start looks for it.
fn settle(place: &Place, home: &Path, fresh: &Path) -> Result<()> {
    let data = home.join("data");
    if home == place.dir {
        return fs::rename(fresh, &data).map_err(Error::file("create", &data));
    }
    // Nothing points to an older cluster in the refuge: its state folder has been thrown away.
    remove_dir(&data)?;
    fs::rename(fresh, &data).map_err(Error::file("create", &data))?;
    let link = place.data();
    if link.is_symlink() {
        fs::remove_file(&link).map_err(Error::file("remove", &link))?;
    }
    symlink(&data, &link).map_err(Error::file("link", &link))
}

/// The folder for the data: the state folder, or where the other user can reach it.
fn home(place: &Place) -> Result<PathBuf> {
    let dir = place
        .dir
        .canonicalize()
        .map_err(Error::file("resolve", &place.dir))?;
    match place.runs_as {
        Some(other) if !other.can_reach(&dir.join("data")) => {
            let refuge = identity::refuge(&dir);
            create_dir(&refuge, place)?;
            Ok(refuge)
        }
        _ => Ok(place.dir.clone()),
    }
}

async fn init(place: &Place, durability: Durability, data: &Path, password: &str) -> Result<()> {
    let pwfile = data.with_extension("pw");
    write_private(&pwfile, password)?;
    if let Some(other) = place.runs_as {
        other.own(&pwfile)?;
    }
    let mut command = Command::new(&place.binaries.initdb);
    command
        .arg("-D")
        .arg(data)
        .arg("--pwfile")
        .arg(&pwfile)
        .args(["-U", USER, "--auth=scram-sha-256", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--no-instructions"]);
    match durability {
        Durability::Kept => command.arg("--data-checksums"),
        Durability::Scratch => command.args(["--no-sync", "--wal-segsize=1"]),
    };
    let made = run(place, "initdb", command, "").await;
    fs::remove_file(&pwfile).map_err(Error::file("remove", &pwfile))?;
    made
}

/// By the single-user server, which needs no port and no client. It takes a statement a line.
async fn create_database(place: &Place, durability: Durability, data: &Path) -> Result<()> {
    let mut command = Command::new(&place.binaries.postgres);
    command
        .args(["--single", "-c", "lc_messages=C", "-D"])
        .arg(data)
        .arg("template1");
    let mut statements = format!("CREATE DATABASE {DATABASE}\n");
    if durability == Durability::Scratch {
        // Half the files, for those who copy a cluster per test.
        statements += "ALTER DATABASE template0 IS_TEMPLATE false\n";
        statements += "DROP DATABASE template0\nDROP DATABASE postgres\n";
    }
    run(place, PROGRAM, command, &statements).await
}

/// Runs a program to its end with `input`; its words are in the error.
async fn run(
    place: &Place,
    program: &'static str,
    mut command: Command,
    input: &str,
) -> Result<()> {
    // The other user may not even be allowed to look at our working folder.
    command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(other) = place.runs_as {
        other.wear(&mut command);
    }
    let failed = Error::spawn(program);
    let mut child = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .map_err(&failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).await.map_err(&failed)?;
    }
    let said = child.wait_with_output().await.map_err(&failed)?;
    if said.status.success() {
        return Ok(());
    }
    Err(Error::Ended {
        program,
        status: said.status.to_string(),
        log: String::from_utf8_lossy(&said.stderr).trim().to_owned(),
    })
}

fn check_version(place: &Place) -> Result<()> {
    let found = read(&place.data().join("PG_VERSION"))?;
    if found == place.binaries.major.to_string() {
        return Ok(());
    }
    Err(Error::Version {
        path: place.data(),
        found,
        installed: place.binaries.major,
    })
}

/// Says who may connect: anyone on this machine's loopback who knows the password.
fn admit(place: &Place, durability: Durability) -> Result<()> {
    let method = match durability {
        Durability::Kept => "scram-sha-256",
        Durability::Scratch => "password",
    };
    let path = place.data().join("pg_hba.conf");
    // The file exists since initdb and keeps its owner.
    fs::write(&path, format!("host all all 127.0.0.1/32 {method}\n"))
        .map_err(Error::file("write", &path))
}

fn create_dir(path: &Path, place: &Place) -> Result<()> {
    // Root's folder has to let the other user through to `data`, but not look around.
    let mode = if place.runs_as.is_some() {
        0o711
    } else {
        0o700
    };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(Error::file("create", path))
}

fn private_dir(path: &Path, place: &Place) -> Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(Error::file("create", path))?;
    place.runs_as.map_or(Ok(()), |other| other.own(path))
}

fn remove_dir(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::file("create", path))?;
    writeln!(file, "{text}").map_err(Error::file("write", path))
}

/// 192 random bits in hexadecimal.
fn random_word() -> io::Result<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
