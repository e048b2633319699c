//! A session in the making: the real client against a relay, and what is said of it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use baton_domain::{RunId, SessionHealth};
use baton_keys::{KeySet, PublicKey};
use baton_terminal::{Family, Mark};
use baton_testkit::TmateRelay;
use baton_wire::event::SessionLinks;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::{Failed, Panes, Showing, Told, show};
use crate::options::{TmateOptions, TmatePatience, TmateRelayOptions};

/// For what must come.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// Stands for `baton attach`: says what it shows, and shows what is typed.
pub(super) const VIEWER: &str = "#!/bin/sh\necho \"the $5 terminal\"\nexec cat\n";

/// A session in the making.
pub(super) struct Stage {
    pub(super) showing: Showing,
    pub(super) keys: KeySet,
    pub(super) end: CancellationToken,
    pub(super) said: mpsc::Receiver<Told>,
    pub(super) tasks: JoinSet<Result<(), Failed>>,
    _folder: TempDir,
}

/// One that is reached at this address, and known by the relay's keys.
pub(super) fn options(relay: &TmateRelay) -> TmateRelayOptions {
    TmateRelayOptions {
        host: relay.host(),
        port: relay.port(),
        rsa_fingerprint: relay.rsa_fingerprint().to_owned(),
        ed25519_fingerprint: relay.ed25519_fingerprint().to_owned(),
    }
}

/// One that is no relay at all.
pub(super) fn at(host: &str, port: u16) -> TmateRelayOptions {
    TmateRelayOptions {
        host: host.to_owned(),
        port,
        rsa_fingerprint: String::new(),
        ed25519_fingerprint: String::new(),
    }
}

/// Short where a test would wait in vain.
pub(super) fn patience() -> TmatePatience {
    TmatePatience {
        reach: Duration::from_secs(3),
        poll: Duration::from_millis(100),
        ..TmatePatience::default()
    }
}

pub(super) fn showing(
    folder: &Path,
    relay: Option<TmateRelayOptions>,
    keys: &[PublicKey],
) -> Showing {
    let viewer = folder.join("viewer");
    fs::write(&viewer, VIEWER).unwrap();
    fs::set_permissions(&viewer, fs::Permissions::from_mode(0o700)).unwrap();
    let files = ["agent.log", "inbox.jsonl"].map(|name| folder.join(name));
    for file in &files {
        fs::write(file, format!("this is {}\n", file.display())).unwrap();
    }
    let [log, inbox] = files;
    let run = RunId::from_uuid(Uuid::now_v7());
    Showing {
        options: TmateOptions {
            relay,
            patience: patience(),
            ..TmateOptions::default()
        },
        run,
        folder: folder.join("tmate"),
        environment: std::env::vars_os().collect(),
        mark: Mark::new([("BATON_TEST_TMATE", run.to_string())]),
        panes: Panes {
            program: viewer,
            socket: folder.join("host"),
            log,
            inbox,
            alive: None,
        },
        seal_to: keys[0].clone(),
    }
}

impl Stage {
    pub(super) fn start(relay: Option<TmateRelayOptions>) -> Self {
        Self::start_with(relay, |_| {})
    }

    pub(super) fn start_with(
        relay: Option<TmateRelayOptions>,
        change: impl FnOnce(&mut Showing),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let keys = KeySet::generate().unwrap();
        let mut showing = showing(folder.path(), relay, &keys.public());
        change(&mut showing);
        let (say, said) = mpsc::channel(16);
        let (end, mut tasks) = (CancellationToken::new(), JoinSet::new());
        tasks.spawn({
            let (showing, end) = (showing.clone(), end.clone());
            async move { show(&showing, &say, &end).await }
        });
        Self {
            showing,
            keys,
            end,
            said,
            tasks,
            _folder: folder,
        }
    }

    pub(super) async fn next(&mut self) -> Told {
        let said = timeout(SOON, self.said.recv()).await;
        said.expect("something is said in time")
            .expect("it goes on")
    }

    pub(super) async fn ready(&mut self) -> SessionLinks {
        assert_eq!(
            self.next().await,
            Told::Health(SessionHealth::Connecting, None)
        );
        let Told::Ready(links) = self.next().await else {
            panic!("it is not ready");
        };
        assert_eq!(self.next().await, Told::Health(SessionHealth::Ready, None));
        links
    }

    /// How it failed, and how long that took.
    pub(super) async fn failed(&mut self) -> (Failed, Duration) {
        let began = Instant::now();
        let ended = timeout(SOON, self.tasks.join_next()).await;
        let failed = ended.expect("it ends").unwrap().unwrap().unwrap_err();
        self.left_nothing();
        let mut last = None;
        while let Ok(told) = self.said.try_recv() {
            last = Some(told);
        }
        let why = Some(failed.to_string());
        assert_eq!(last, Some(Told::Health(SessionHealth::Failed, why)));
        (failed, began.elapsed())
    }

    pub(super) async fn end(&mut self) {
        self.end.cancel();
        let ended = timeout(SOON, self.tasks.join_next()).await;
        ended.expect("it ends").unwrap().unwrap().unwrap();
        self.left_nothing();
    }

    pub(super) fn left_nothing(&self) {
        assert!(!self.showing.folder.exists());
        assert!(!self.family().is_alive());
    }

    pub(super) fn family(&self) -> Family {
        Family {
            mark: Some(self.showing.mark.clone()),
            ..Family::default()
        }
    }

    pub(super) fn opened(&self, links: &SessionLinks) -> Value {
        let sealed = links.sealed.as_ref().expect("links to type by");
        let opened = self.keys.open(self.showing.run, sealed).unwrap();
        serde_json::from_slice(opened.reveal()).unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.family().signal(baton_testkit::Signal::SIGKILL);
    }
}
