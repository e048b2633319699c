//! A watcher's connection: frames out of its queue, and what it says to the host.

use std::{io, sync::Arc};

use baton_wire::terminal::Frame;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::sync::mpsc;

use super::{
    call::Call,
    queue::{Next, Queue},
};
use crate::{
    gate::Source,
    protocol::{WatchWish, Wire},
};

/// Somebody who watches a terminal.
pub(super) struct Watch {
    pub(super) wish: WatchWish,
    pub(super) source: Source,
    pub(super) caller: mpsc::Sender<Call>,
}

impl Watch {
    /// Serves it until either side has enough.
    pub(super) async fn serve(self, wire: Wire) -> io::Result<()> {
        let queue = Arc::new(Queue::default());
        let watch = Call::Watch(self.wish, self.source, Arc::clone(&queue));
        if self.caller.send(watch).await.is_err() {
            return Ok(());
        }
        let (sink, stream) = wire.split();
        let served = tokio::select! {
            written = self.write(sink, &queue) => written,
            () = self.listen(stream) => Ok(()),
        };
        let _ = self.caller.send(Call::Left(self.source)).await;
        served
    }

    async fn write(
        &self,
        mut sink: SplitSink<Wire, bytes::Bytes>,
        queue: &Queue,
    ) -> io::Result<()> {
        loop {
            match queue.next().await {
                Next::Frame(frame) => {
                    sink.feed(frame).await?;
                    // What waits already goes along.
                    if queue.is_empty() {
                        sink.flush().await?;
                    }
                }
                Next::Anew => {
                    sink.flush().await?;
                    // A host that is leaving shows nothing more.
                    let _ = self.caller.send(Call::Anew(self.source)).await;
                }
                Next::End => return sink.close().await,
            }
        }
    }

    /// Passes on what it says, until it hangs up or says what is no frame.
    async fn listen(&self, mut stream: SplitStream<Wire>) {
        while let Some(Ok(bytes)) = stream.next().await {
            match Frame::decode(bytes.freeze()) {
                Ok(frame) => {
                    let call = Call::Frame(self.wish.terminal, self.source, frame);
                    // The host leaves: it says so on the other way.
                    if self.caller.send(call).await.is_err() {
                        return std::future::pending().await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a watcher said what cannot be read");
                    return;
                }
            }
        }
    }
}
