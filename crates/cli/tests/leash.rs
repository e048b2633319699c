//! `baton leash`: what runs under it ends with it, and all that it has started.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{Command, Stdio},
};

fn leash(file: &Path, seconds: u32, program: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command
        .args(["leash", "--seconds", &seconds.to_string(), "--file"])
        .arg(file)
        .arg("--")
        .args(program)
        .process_group(0);
    command
}

#[test]
fn the_exit_code_is_the_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vouched");
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15)] {
        let status = leash(&file, 60, &["sh", "-c", script])
            .status()
            .expect("it runs");
        assert_eq!(status.code(), Some(code), "{script}");
    }
}

// W-11
#[test]
fn what_nobody_vouches_for_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vouched");
    fs::write(&file, "").expect("a file");
    // Deaf to everything that can be ignored.
    let script = "trap '' TERM INT HUP; sleep 300 & echo $!; wait; sleep 300";
    // Long enough for it to begin.
    let mut leash = leash(&file, 3, &["sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut sleeper = String::new();
    let said = leash.stdout.take().expect("its output");
    let mut said = BufReader::new(said);
    said.read_line(&mut sleeper).expect("the sleeper's id");
    let ended = leash.wait().expect("it ends");
    assert_eq!(ended.signal(), Some(9));
    // The output ends with the last process that holds it.
    said.read_to_end(&mut Vec::new()).expect("the output's end");
    let line = Path::new("/proc").join(sleeper.trim()).join("cmdline");
    // One that is not reaped yet has no command line.
    assert_eq!(fs::read(line).unwrap_or_default(), b"");
}

#[test]
fn it_does_not_end_a_group_that_is_not_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    let script = format!(
        "{} leash --seconds 1 --file {} -- true; echo $?",
        env!("CARGO_BIN_EXE_baton"),
        folder.path().join("vouched").display()
    );
    let said = command
        .args(["-c", &script])
        .process_group(0)
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "1");
    assert!(String::from_utf8_lossy(&said.stderr).contains("process group"));
}
