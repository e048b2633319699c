//! A terminal window with a program in it; the journeys of `tests/` look through it too.

use std::{process::ExitStatus, time::Duration};

use baton_domain::TerminalSize;
use baton_screen::Screen;
use nix::sys::termios::{LocalFlags, tcgetattr};
use pty_process::{Command, Pty, Size};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Window {
    pty: Pty,
    pub(crate) child: Child,
    /// What the window shows.
    pub(crate) screen: Screen,
    /// All that was written to it.
    pub(crate) written: Vec<u8>,
}

impl Window {
    /// Starts a program in a window of so many columns and rows.
    pub(crate) fn open(command: Command, cols: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::open().expect("a terminal");
        pty.resize(Size::new(rows, cols)).expect("a size");
        let child = command.kill_on_drop(true).spawn(pts);
        let size = TerminalSize::new(cols, rows).expect("a size");
        Self {
            pty,
            child: child.expect("it starts"),
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
