//! Watching a terminal at its host: what the worker and `baton attach` do.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use baton_wire::terminal::{Frame, FrameError, Hello};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::net::UnixStream;

use crate::protocol::{self, Request, SOCKET, WatchWish, Wire};

/// A terminal that is watched: its host has said what it is, and sends where to begin next, a
/// snapshot or what was shown since.
#[derive(Debug)]
pub struct Watching {
    hello: Hello,
    wire: Wire,
}

/// What a host sends.
#[derive(Debug)]
pub struct WatchFrames(SplitStream<Wire>);

/// What a host is sent.
#[derive(Debug)]
pub struct WatchSender(SplitSink<Wire, bytes::Bytes>);

/// Why a terminal cannot be watched, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Nobody answers there.
    #[error("no host answers at '{}': {source}", path.display())]
    NoHost {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It hung up without a greeting: its agent has no terminal, or the host is of an earlier
    /// version.
    #[error("the host does not show its agent's terminals: the agent has none")]
    NoTerminal,
    /// The connection broke.
    #[error("the connection to the agent's host broke: {0}")]
    Broken(#[from] io::Error),
    /// The host says what cannot be read.
    #[error("the agent's host says what cannot be read: {0}")]
    Frame(#[from] FrameError),
}

impl Watching {
    /// Watches a terminal of the host that lives in a folder.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn connect(folder: &Path, wish: WatchWish) -> Result<Self, WatchError> {
        Self::connect_socket(&folder.join(SOCKET), wish).await
    }

    /// Watches a terminal of the host with this socket.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn connect_socket(socket: &Path, wish: WatchWish) -> Result<Self, WatchError> {
        let stream = reach(socket).await.map_err(|source| WatchError::NoHost {
            path: socket.to_owned(),
            source,
        })?;
        let mut wire = protocol::framed(stream);
        let word = protocol::frame(&Request::Watch(wish)).map_err(io::Error::other)?;
        wire.send(word).await?;
        match next_frame(&mut wire).await? {
            Some(Frame::Hello(hello)) => Ok(Self { hello, wire }),
            _ => Err(WatchError::NoTerminal),
        }
    }

    /// What is watched.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// The next frame; none once the host has hung up.
    ///
    /// # Errors
    /// When the connection breaks, or what comes cannot be read.
    pub async fn next(&mut self) -> Result<Option<Frame>, WatchError> {
        next_frame(&mut self.wire).await
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(&mut self, frame: &Frame) -> Result<(), WatchError> {
        Ok(self.wire.send(frame.encode()).await?)
    }

    /// Both directions, apart.
    #[must_use]
    pub fn split(self) -> (WatchSender, WatchFrames) {
        let (sink, stream) = self.wire.split();
        (WatchSender(sink), WatchFrames(stream))
    }
}

impl WatchFrames {
    /// The next frame; none once the host has hung up.
    ///
    /// # Errors
    /// When the connection breaks, or what comes cannot be read.
    pub async fn next(&mut self) -> Result<Option<Frame>, WatchError> {
        next_frame(&mut self.0).await
    }
}

impl WatchSender {
    /// Sends a frame.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(&mut self, frame: &Frame) -> Result<(), WatchError> {
        Ok(self.0.send(frame.encode()).await?)
    }
}

async fn next_frame<S>(stream: &mut S) -> Result<Option<Frame>, WatchError>
where
    S: StreamExt<Item = io::Result<bytes::BytesMut>> + Unpin,
{
    let Some(bytes) = stream.next().await else {
        return Ok(None);
    };
    Ok(Some(Frame::decode(bytes?.freeze())?))
}

/// Connects by the folder's descriptor: a socket's path may be no longer than 107 bytes.
async fn reach(socket: &Path) -> io::Result<UnixStream> {
    let none = || io::Error::from(io::ErrorKind::InvalidInput);
    let name = socket.file_name().ok_or_else(none)?;
    let parent = match socket.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = File::open(parent)?;
    let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    UnixStream::connect(path.join(name)).await
}
