//! The real client against a relay: how it shows, and every way in which a relay can fail it.

mod stage;

use std::{process::Stdio, time::Duration};

use baton_domain::SessionHealth;
use baton_testkit::{RelayManner, TmateRelay};
use baton_wire::event::SessionLinks;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket, TcpStream},
    process::{Child, Command},
    time::{Instant, timeout},
};

use self::stage::{SOON, Stage, at, options};
use super::{Showing, Told, end_remains};

// H-07, H-11
#[tokio::test]
async fn the_four_panes_are_shown_and_only_the_api_can_open_the_link_for_typing() {
    let relay = TmateRelay::start().await;
    let mut stage = Stage::start(Some(options(&relay)));
    let links = stage.ready().await;
    let seen = relay
        .wait_for("all four panes", |seen| {
            let words = [
                "the agent terminal",
                "agent.log",
                "inbox.jsonl",
                "the shell terminal",
            ];
            words.iter().all(|words| seen.shows(words))
        })
        .await;
    let host = seen.host.unwrap();
    assert_eq!(host.panes.len(), 4);
    assert_eq!(host.client, "2.4.0");
    let ro = links.attach_ro.as_deref().unwrap();
    assert!(ro.contains(&host.ro_token), "{ro}");
    assert!(!format!("{links:?}").contains(&host.rw_token));
    let rw = stage.opened(&links);
    assert!(rw["attachRw"].as_str().unwrap().contains(&host.rw_token));
    // No key of tmux is left to viewers but those that choose a pane.
    let unbound = |words: &Vec<String>| words[0] == "unbind-key";
    let last = host.commands.iter().rposition(unbound).unwrap();
    let (before, after) = host.commands.split_at(last + 1);
    for table in [&["unbind-key", "-a"][..], &["unbind-key", "-a", "-n"]] {
        assert!(before.iter().any(|words| words == table), "{table:?}");
    }
    let bound = after.iter().filter(|words| words[0] == "bind-key");
    let keys: Vec<&str> = bound.map(|words| words[2].as_str()).collect();
    assert_eq!(keys, ["M-1", "M-2", "M-3", "M-4"]);
    stage.end().await;
    relay
        .wait_for("the host's end", |seen| seen.host.is_none())
        .await;
}

// H-11
#[tokio::test]
async fn whoever_looks_on_never_sees_the_token_for_typing() {
    let relay = TmateRelay::start().await;
    let mut stage = Stage::start(Some(options(&relay)));
    let links = stage.ready().await;
    let mut viewer = join(&links);
    // A screen of 64 KiB and more.
    let line = "x".repeat(1000) + "\r";
    for _ in 0..40 {
        relay.press(Some(0), &line).await;
    }
    let seen = relay
        .wait_for("a full screen", |seen| {
            seen.host
                .as_ref()
                .is_some_and(|host| host.screen.len() > 64 << 10)
        })
        .await;
    let host = seen.host.unwrap();
    // The link is a command that anybody can type.
    let mut shown = vec![0; 64 << 10];
    let mut stdout = viewer.stdout.take().unwrap();
    let read = timeout(SOON, stdout.read_exact(&mut shown)).await;
    read.expect("the viewer sees it all").unwrap();
    let screen = [host.screen, shown].concat();
    let screen = String::from_utf8_lossy(&screen);
    assert!(screen.contains("the agent terminal"));
    assert!(!screen.contains(&host.rw_token));
    assert!(!screen.contains(&host.ro_token));
    stage.end().await;
}

/// Does what the link for looking on says, in a terminal that nobody sits at.
fn join(links: &SessionLinks) -> Child {
    let link = links.attach_ro.as_deref().unwrap();
    let mut words = link.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command
        .args(["-tt", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"])
        .args([
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ])
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

// H-13
#[tokio::test]
async fn new_links_come_and_old_ones_are_dead_when_the_relay_starts_again() {
    let relay = TmateRelay::start().await;
    let mut stage = Stage::start(Some(options(&relay)));
    let first = stage.ready().await;
    let began = Instant::now();
    relay.die();
    assert_eq!(stage.next().await, Told::Ready(SessionLinks::default()));
    let Told::Health(SessionHealth::Stale, Some(_)) = stage.next().await else {
        panic!("it is not stale");
    };
    assert!(began.elapsed() < Duration::from_secs(5));
    let back = Instant::now();
    relay.come_back();
    let Told::Ready(second) = stage.next().await else {
        panic!("no new links");
    };
    assert_eq!(stage.next().await, Told::Health(SessionHealth::Ready, None));
    assert!(back.elapsed() < Duration::from_secs(5));
    assert_ne!(first.attach_ro, second.attach_ro);
    let host = relay.seen().host.unwrap();
    assert!(second.attach_ro.as_ref().unwrap().contains(&host.ro_token));
    let rw = stage.opened(&second);
    assert!(rw["attachRw"].as_str().unwrap().contains(&host.rw_token));
    stage.end().await;
}

// H-13
#[tokio::test]
async fn a_relay_that_is_not_there_is_named_before_tmate_is_asked() {
    // It takes connections, as the kernel does, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let web = baton_testkit::TestBroker::start().await;
    let (full, _filled) = black_hole().await;
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let broker = web.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let table = [
        (
            at("127.0.0.1", baton_testkit::free_port()),
            "relay_unreachable",
        ),
        (at("no-such-relay.invalid", 22), "relay_unknown"),
        (at("127.0.0.1", port(&full)), "relay_unreachable"),
        (at("127.0.0.1", port(&silent)), "relay_silent"),
        (at("127.0.0.1", broker), "relay_not_ssh"),
    ];
    for (relay, code) in table {
        let mut stage = Stage::start(Some(relay.clone()));
        let (failed, took) = stage.failed().await;
        assert_eq!(failed.code(), code, "{failed}");
        assert!(took < Duration::from_secs(15));
        assert!(failed.to_string().contains(&relay.host), "{failed}");
    }
}

/// A listener whose queue is full: the kernel drops what would connect.
async fn black_hole() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filled = Vec::new();
    let soon = Duration::from_millis(300);
    while let Ok(Ok(stream)) = timeout(soon, TcpStream::connect(address)).await {
        filled.push(stream);
    }
    (listener, filled)
}

// H-13
#[tokio::test]
async fn a_relay_that_does_not_want_or_is_another_is_given_up_with_the_reason() {
    let relay = TmateRelay::start().await;
    relay.behave(RelayManner::Refuse);
    let mut stage = Stage::start(Some(options(&relay)));
    let (failed, took) = stage.failed().await;
    assert_eq!(failed.code(), "relay_refused", "{failed}");
    assert!(took < Duration::from_secs(15));

    relay.behave(RelayManner::Serve);
    let mut other = options(&relay);
    other.ed25519_fingerprint = relay.rsa_fingerprint().to_owned();
    let mut stage = Stage::start(Some(other));
    let (failed, took) = stage.failed().await;
    assert_eq!(failed.code(), "relay_untrusted", "{failed}");
    assert!(took < Duration::from_secs(15));

    relay.behave(RelayManner::Mute);
    let mute = |showing: &mut Showing| showing.options.patience.ready = Duration::from_secs(1);
    let mut stage = Stage::start_with(Some(options(&relay)), mute);
    let (failed, _) = stage.failed().await;
    assert_eq!(failed.code(), "relay_mute", "{failed}");
}

// H-13
#[tokio::test]
async fn a_relay_that_freezes_or_stays_away_is_given_up() {
    for freeze in [true, false] {
        let relay = TmateRelay::start().await;
        let soon = |showing: &mut Showing| showing.options.patience.lost = Duration::from_secs(1);
        let mut stage = Stage::start_with(Some(options(&relay)), soon);
        stage.ready().await;
        if freeze {
            relay.freeze();
        } else {
            relay.die();
        }
        let (failed, took) = stage.failed().await;
        assert_eq!(failed.code(), "relay_lost", "{failed}");
        assert!(took < Duration::from_secs(15));
    }
}

// H-13
#[tokio::test]
async fn a_worker_without_relay_or_client_says_what_to_set() {
    let mut stage = Stage::start(None);
    let (failed, _) = stage.failed().await;
    assert_eq!(failed.code(), "relay_unset");
    assert!(
        failed.to_string().contains("BATON_WORKER_TMATE_RELAY_HOST"),
        "{failed}"
    );
    let relay = TmateRelay::start().await;
    let missing = |showing: &mut Showing| showing.options.program = "no-such-tmate".into();
    let mut stage = Stage::start_with(Some(options(&relay)), missing);
    let (failed, _) = stage.failed().await;
    assert_eq!(failed.code(), "tmate_missing");
    assert!(
        failed.to_string().contains("install the package tmate"),
        "{failed}"
    );
}

// H-08
#[tokio::test]
async fn a_later_worker_ends_what_the_one_before_has_left() {
    let relay = TmateRelay::start().await;
    let mut stage = Stage::start(Some(options(&relay)));
    stage.ready().await;
    assert!(stage.family().is_alive());
    // What a worker does that finds the folder of one that was killed.
    end_remains(&stage.showing.folder, &stage.showing.mark).await;
    stage.left_nothing();
    relay
        .wait_for("the host's end", |seen| seen.host.is_none())
        .await;
    let (failed, _) = stage.failed().await;
    assert_eq!(failed.code(), "tmate_ended");
}
