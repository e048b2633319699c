//! Beats: core messages that nobody keeps.

use baton_wire::{Beat, Filter, Subject};
use futures::{Stream, StreamExt as _};

use crate::{connect::Bus, error::BusError};

impl Bus {
    /// Says that a worker lives.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the client takes no more; the next beat says the same.
    pub async fn beat(&self, beat: &Beat) -> Result<(), BusError> {
        let subject = Subject::Beat {
            worker: beat.worker.clone(),
        };
        let body = serde_json::to_vec(beat).map_err(BusError::unavailable)?;
        self.client()
            .publish(subject.to_string(), body.into())
            .await
            .map_err(BusError::unavailable)
    }

    /// Every worker's beats from now on; they go on after a lost connection. Beats that cannot be
    /// read, or speak for another worker than their subject, are left out.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn beats(&self) -> Result<impl Stream<Item = Beat> + Send + use<>, BusError> {
        let heard = self
            .client()
            .subscribe(Filter::Beats.to_string())
            .await
            .map_err(BusError::unavailable)?;
        self.flush().await?;
        Ok(heard.filter_map(|message| std::future::ready(read(&message))))
    }
}

fn read(message: &async_nats::Message) -> Option<Beat> {
    let Ok(Subject::Beat { worker }) = message.subject.parse() else {
        return None;
    };
    match serde_json::from_slice::<Beat>(&message.payload) {
        Ok(beat) if beat.worker == worker => Some(beat),
        Ok(_) => None,
        Err(error) => {
            tracing::debug!(%error, %worker, "a beat cannot be read");
            None
        }
    }
}
