//! The relay against the real client: what it pretends to be is what tmate takes it for.

use std::{fs, path::Path, process::Stdio};

use baton_testkit::{Process, ProcessOptions, RelayManner, TmateRelay};
use tempfile::TempDir;
use tokio::process::Command;

/// Starts tmate against the relay, with `cat` in its pane.
fn host(relay: &TmateRelay, folder: &Path) -> Process {
    let settings = format!(
        "set -g tmate-server-host {}\nset -g tmate-server-port {}\n\
         set -g tmate-server-rsa-fingerprint {}\nset -g tmate-server-ed25519-fingerprint {}\n\
         set -g tmate-foreground-restart 0\nset -g status off\n",
        relay.host(),
        relay.port(),
        relay.rsa_fingerprint(),
        relay.ed25519_fingerprint()
    );
    fs::write(folder.join("conf"), settings).expect("a folder to write in");
    let mut options = ProcessOptions::new("tmate", "tmate")
        .args(["-F", "-f", "conf", "-S", "socket", "new-session", "cat"])
        .env("LC_ALL", "C.UTF-8")
        .env("TMUX", "");
    options.folder = Some(folder.to_owned());
    Process::start(options)
}

async fn tmate(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("tmate");
    command.args(["-S", "socket"]).args(arguments);
    command.current_dir(folder).stdin(Stdio::null());
    let said = command.output().await.expect("tmate is there");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

// H-07
#[tokio::test]
async fn tmate_gets_its_links_types_what_viewers_type_and_comes_back_with_new_ones() {
    let (relay, folder) = (TmateRelay::start().await, TempDir::new().unwrap());
    let mut process = host(&relay, folder.path());
    let seen = relay.wait_for("a host", |seen| seen.hosts == 1).await;
    tmate(folder.path(), &["wait", "tmate-ready"]).await;
    let host = seen.host.unwrap();
    let rw = tmate(folder.path(), &["display", "-p", "#{tmate_ssh}"]).await;
    let wanted = format!("ssh -p{} {}@{}", relay.port(), host.rw_token, relay.host());
    assert_eq!(rw, wanted);
    relay.press(None, "hello\r").await;
    // The terminal's echo, and the program's.
    relay
        .wait_for("what was typed", |seen| {
            seen.host.as_ref().is_some_and(|host| {
                let screen = String::from_utf8_lossy(&host.screen);
                screen.matches("hello").count() == 2
            })
        })
        .await;
    relay.die();
    process.wait_for_line("Reconnecting").await;
    relay.come_back();
    let again = relay
        .wait_for("the host again", |seen| seen.hosts == 2)
        .await;
    assert_ne!(again.host.unwrap().rw_token, host.rw_token);
    process.stop().await;
}

#[tokio::test]
async fn a_host_that_is_not_let_in_tries_again() {
    let (relay, folder) = (TmateRelay::start().await, TempDir::new().unwrap());
    relay.behave(RelayManner::Refuse);
    let mut process = host(&relay, folder.path());
    let seen = relay
        .wait_for("a refused host", |seen| seen.refused > 0)
        .await;
    assert_eq!(seen.spoke, 0);
    process.wait_for_line("Reconnecting").await;
    process.stop().await;
}
