//! The provider that is built in: what a terminal shows is published all the time, and the API
//! lets people watch while the session is ready. There is nothing to set up.

use baton_wire::event::SessionLinks;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::{Broken, News, Place, SessionProvider, Told};

/// Browser and `baton attach`.
#[derive(Debug)]
pub(super) struct Web;

impl SessionProvider for Web {
    fn show(
        self: Box<Self>,
        _place: Place,
        news: News,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Result<(), Broken>> {
        Box::pin(async move {
            // Nobody listens any more when the session is over already.
            let _ = news.send(Told::Ready(SessionLinks::default())).await;
            stop.cancelled().await;
            Ok(())
        })
    }
}
