//! Keeping a batch: load what is missing, fold, write in one transaction.

use std::time::Duration;

use baton_domain::Position;
use baton_store::{Batch, StoreError, Through, Writer};
use chrono::SubsecRound;
use tokio::time::timeout;

use crate::{
    RecorderError,
    fold::{Known, fold},
    read::Message,
};

/// The one that writes, with what it remembers.
#[derive(Debug)]
pub(crate) struct Keeper {
    writer: Writer,
    known: Known,
    write_within: Duration,
}

impl Keeper {
    pub(crate) fn new(writer: Writer, write_within: Duration) -> Self {
        Self {
            writer,
            known: Known::default(),
            write_within,
        }
    }

    pub(crate) const fn reached(&self) -> Position {
        self.writer.reached().position
    }

    /// Returns when the right to write is lost. May be dropped and called again.
    pub(crate) async fn lost(&mut self) -> StoreError {
        self.writer.lost().await
    }

    /// Keeps messages, in order. Those that the database refuses are kept as unreadable, so that
    /// nothing stops at them.
    pub(crate) async fn keep(&mut self, messages: Vec<Message>) -> Result<(), RecorderError> {
        let keeping = self.keep_or_part(messages);
        Box::pin(keeping).await
    }

    async fn keep_or_part(&mut self, mut messages: Vec<Message>) -> Result<(), RecorderError> {
        match self.keep_whole(&mut messages).await {
            Err(RecorderError::Store(StoreError::Rejected(refusal))) => {
                tracing::error!(error = %refusal, "the database refuses a batch; taking it apart");
                for message in messages {
                    self.keep_single(message.read_again()).await?;
                }
                Ok(())
            }
            other => other,
        }
    }

    async fn keep_single(&mut self, mut message: Message) -> Result<(), RecorderError> {
        match self.keep_whole(std::slice::from_mut(&mut message)).await {
            Err(RecorderError::Store(StoreError::Rejected(refusal))) => {
                let position = message.position();
                tracing::error!(%position, error = %refusal, "the database refuses a message");
                let batch = Batch {
                    unreadable: vec![message.unreadable(&refusal.to_string())],
                    ..Batch::default()
                };
                self.write(&batch, through(&message)).await
            }
            other => other,
        }
    }

    async fn keep_whole(&mut self, messages: &mut [Message]) -> Result<(), RecorderError> {
        let Some(through) = messages.last().map(through) else {
            return Ok(());
        };
        self.load(messages).await?;
        let batch = fold(&mut self.known, messages);
        let written = self.write(&batch, through).await;
        match &written {
            Ok(()) => self.known.shrink(),
            Err(_) => self.known.forget(),
        }
        written
    }

    async fn load(&mut self, messages: &[Message]) -> Result<(), RecorderError> {
        let missing = self.known.missing(messages.iter().filter_map(Message::run));
        let loaded = timeout(self.write_within, self.writer.load(&missing)).await;
        for record in loaded.map_err(|_| RecorderError::Slow)?? {
            self.known.insert(record);
        }
        Ok(())
    }

    async fn write(&mut self, batch: &Batch, through: Through) -> Result<(), RecorderError> {
        match timeout(self.write_within, self.writer.write(batch, through)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(RecorderError::Slow),
        }
    }

    pub(crate) async fn release(self) -> Result<(), RecorderError> {
        Ok(self.writer.release().await?)
    }
}

fn through(message: &Message) -> Through {
    Through {
        position: message.position(),
        // Postgres keeps microseconds.
        stored_at: message.raw.stored_at.trunc_subsecs(6),
    }
}
