//! A terminal with `baton attach` in it.

use std::{net::SocketAddr, process::ExitStatus};

use baton_domain::TerminalSize;
use baton_screen::Screen;
use nix::sys::termios::{LocalFlags, tcgetattr};
use pty_process::{Pty, Size};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
    time::timeout,
};

use crate::api::{PATIENCE, RUN};

pub(crate) struct Window {
    pty: Pty,
    child: Child,
    /// What the window shows.
    pub(crate) screen: Screen,
    /// All that was written to it.
    pub(crate) written: Vec<u8>,
}

impl Window {
    pub(crate) fn open(api: SocketAddr, cols: u16, rows: u16, more: &[&str]) -> Self {
        let (pty, pts) = pty_process::open().expect("a terminal");
        pty.resize(Size::new(rows, cols)).expect("a size");
        let child = pty_process::Command::new(env!("CARGO_BIN_EXE_baton"))
            .args(["attach", RUN, "--api-url", &format!("http://{api}")])
            .args(more)
            .env_remove("BATON_TOKEN")
            .env("NO_PROXY", "*")
            .kill_on_drop(true)
            .spawn(pts)
            .expect("it starts");
        let size = TerminalSize::new(cols, rows).expect("a size");
        Self {
            pty,
            child,
            screen: Screen::new(size),
            written: Vec::new(),
        }
    }

    /// Waits until the window shows a text.
    pub(crate) async fn shows(&mut self, text: &str) {
        let shown = timeout(PATIENCE, async {
            while !self.screen.text().contains(text) {
                assert!(self.read().await, "it ended: {}", self.screen.text());
            }
        });
        if shown.await.is_err() {
            panic!("no '{text}' in:\n{}", self.screen.text());
        }
    }

    pub(crate) async fn press(&mut self, keys: &[u8]) {
        self.pty.write_all(keys).await.expect("it listens");
    }

    pub(crate) fn resize(&mut self, cols: u16, rows: u16) {
        self.screen
            .resize(TerminalSize::new(cols, rows).expect("a size"));
        self.pty.resize(Size::new(rows, cols)).expect("a size");
    }

    pub(crate) fn pid(&self) -> i32 {
        let pid = self.child.id().expect("it runs");
        i32::try_from(pid).expect("a process id")
    }

    /// Waits for its end. The terminal is as it was: it echoes, and shows its first page.
    pub(crate) async fn ends(mut self) -> (ExitStatus, String) {
        let status = timeout(PATIENCE, async {
            while self.read().await {}
            self.child.wait().await.expect("it ended")
        });
        let status = status.await.expect("it ends in time");
        assert!(!self.screen.alternate() && self.screen.cursor_visible());
        let settings = tcgetattr(&self.pty).expect("settings");
        assert!(
            settings
                .local_flags
                .contains(LocalFlags::ECHO | LocalFlags::ICANON)
        );
        (status, self.screen.text())
    }

    /// Takes in what was written; whether there may be more.
    async fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        // A terminal without a program is an error to its holder.
        let count = self.pty.read(&mut buffer).await.unwrap_or(0);
        self.screen.feed(&buffer[..count]);
        self.written.extend_from_slice(&buffer[..count]);
        count > 0
    }
}
