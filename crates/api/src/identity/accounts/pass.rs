//! The right of one request to be answered.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::known::{Known, lock};
use crate::identity::Identity;

/// A request that is being answered. It must end when the pass does.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) identity: Arc<Identity>,
    pub(super) end: CancellationToken,
    pub(super) expires_in: Option<Duration>,
    pub(super) place: Option<(u64, Arc<Mutex<Known>>)>,
}

impl Pass {
    /// What ends when the request must: because its token has changed, or has expired.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let (end, expires_in) = (self.end.clone(), self.expires_in);
        async move {
            match expires_in {
                Some(left) => {
                    let _ = timeout(left, end.cancelled()).await;
                }
                None => end.cancelled().await,
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some((number, known)) = self.place.take() {
            lock(&known).live.leave(number);
        }
    }
}
