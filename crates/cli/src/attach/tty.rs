//! The window's own terminal: taken over while somebody watches, and given back as it was however the
//! watching ends.

use std::{
    fs::{File, OpenOptions},
    io::{self, IsTerminal as _, Write as _},
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
    panic,
    sync::{Mutex, Once, PoisonError},
};

use nix::{fcntl::OFlag, sys::termios};
use tokio::io::unix::AsyncFd;

/// As the terminal was before; taken by whoever gives it back first.
static BEFORE: Mutex<Option<termios::Termios>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Another page, so that what was in the window is there again afterwards; no wrapping at its edge.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?7l\x1b[2J\x1b[H";
/// Everything that we or a screen may have set.
const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[?2004l\x1b[?1l\x1b>\x1b[0m\x1b[0 q\x1b[?7h\x1b[?25h\x1b[?1049l";

/// Whether there is a terminal to watch in.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// The terminal, taken over. It is given back when this is dropped, and when the process panics.
#[derive(Debug)]
pub(crate) struct Tty {
    file: AsyncFd<File>,
}

impl Tty {
    /// Takes the terminal over.
    pub(crate) fn enter() -> io::Result<Self> {
        // A description of our own: what is set on it is nobody else's.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NONBLOCK.bits() | OFlag::O_NOCTTY.bits())
            .open("/dev/tty")?;
        let before = termios::tcgetattr(file.as_fd())?;
        let mut raw = before.clone();
        termios::cfmakeraw(&mut raw);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        HOOK.call_once(|| {
            let next = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                give_back();
                next(info);
            }));
        });
        #[expect(
            deprecated,
            reason = "a file is open as long as it lives, which is all that is asked"
        )]
        let file = AsyncFd::new(file)?;
        let tty = Self { file };
        termios::tcsetattr(tty.file.get_ref().as_fd(), termios::SetArg::TCSANOW, &raw)?;
        write_out(ENTER)?;
        Ok(tty)
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        match rustix::termios::tcgetwinsize(self.file.get_ref()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }

    /// Waits for what is typed. Empty when the terminal is gone.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.file.readable().await?;
            let read = ready.try_io(|file| io::Read::read(&mut file.get_ref(), buffer));
            if let Ok(read) = read {
                return read;
            }
        }
    }

    /// Draws. A window that takes nothing is waited for.
    pub(crate) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.file.writable().await?;
            match ready.try_io(|file| io::Write::write(&mut file.get_ref(), bytes)) {
                Ok(written) => bytes = bytes.get(written?..).unwrap_or_default(),
                Err(_) => continue,
            }
        }
        Ok(())
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, once.
fn give_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(before) = before else {
        return;
    };
    // Nobody is left to tell that it failed.
    let _ = write_out(LEAVE);
    if let Ok(file) = File::open("/dev/tty") {
        let _ = termios::tcsetattr(file.as_fd(), termios::SetArg::TCSANOW, &before);
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open("/dev/tty")?;
    file.write_all(bytes)
}
