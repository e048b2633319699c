//! An answer's body that ends as soon as whoever asked may not read on.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use futures::future::BoxFuture;
use hyper::body::{Frame, SizeHint};

use super::accounts::Pass;

/// The answer, ended with the pass. One that is already there as a whole is let go.
pub(super) fn guarded(response: Response, pass: Pass) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    let ended = Box::pin(pass.ended());
    response.map(|body| {
        Body::new(Guarded {
            body,
            ended,
            _pass: pass,
        })
    })
}

struct Guarded {
    body: Body,
    ended: BoxFuture<'static, ()>,
    _pass: Pass,
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.ended.as_mut().poll(context).is_ready() {
            // A stream ends here; of a file whose length was told the client sees that it is cut.
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
