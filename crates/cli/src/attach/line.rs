//! The line between whoever watches and where the frames come from.

use baton_wire::{Frame, terminal::Subscribe};
use tokio::sync::mpsc;

/// Frames that wait to be drawn, or to be sent.
const QUEUE: usize = 64;

/// What comes from where the frames come from.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A connection stands; it waits for a subscription.
    Opened,
    /// A frame.
    Frame(Frame),
    /// The connection is lost, and is tried again.
    Lost(String),
    /// There is nothing more, and trying again makes no sense.
    Over(String),
}

/// What is asked of where the frames come from.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Send this.
    Send(Box<Frame>),
    /// What came makes no sense: connect again.
    Again,
}

/// Both directions, for whoever watches.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) heard: mpsc::Receiver<Heard>,
    pub(crate) wishes: mpsc::Sender<Wish>,
}

/// The other end: for where the frames come from. It takes wishes while it waits to be heard, for
/// whoever watches may be waiting to be taken.
#[derive(Debug)]
pub(crate) struct FarEnd {
    heard: mpsc::Sender<Heard>,
    wishes: mpsc::Receiver<Wish>,
}

/// What happens next on a connection.
#[derive(Debug)]
pub(crate) enum Next<T> {
    /// Something came, and there is room to hand it on with [`FarEnd::hand_on`].
    Came(T),
    /// Whoever watches wants this.
    Wished(Wish),
    /// Nobody watches any more.
    Left,
}

impl Line {
    /// A line, and its other end.
    pub(crate) fn new() -> (Self, FarEnd) {
        let (heard_in, heard) = mpsc::channel(QUEUE);
        let (wishes, wishes_out) = mpsc::channel(QUEUE);
        let far = FarEnd {
            heard: heard_in,
            wishes: wishes_out,
        };
        (Self { heard, wishes }, far)
    }
}

impl FarEnd {
    /// Says that a connection stands; from where whoever watches wants to go on. `None` when nobody
    /// does.
    pub(crate) async fn opened(&mut self) -> Option<Subscribe> {
        self.say(Heard::Opened).await?;
        loop {
            // What was for the connection before is of no use in this one.
            if let Wish::Send(frame) = self.wishes.recv().await?
                && let Frame::Subscribe(subscribe) = *frame
            {
                return Some(subscribe);
            }
        }
    }

    /// Says something while there is no connection: what is wished meanwhile is dropped. `None` when
    /// nobody watches any more.
    pub(crate) async fn say(&mut self, word: Heard) -> Option<()> {
        loop {
            tokio::select! {
                // Where there is room nothing is dropped: what comes behind the word answers it.
                biased;
                permit = self.heard.reserve() => {
                    permit.ok()?.send(word);
                    return Some(());
                }
                wish = self.wishes.recv() => { wish?; }
            }
        }
    }

    /// What happens next. `come` is asked only while there is room for what it brings, and must lose
    /// nothing when it is dropped.
    pub(crate) async fn next<T>(&mut self, come: impl Future<Output = T>) -> Next<T> {
        let Self { heard, wishes } = self;
        let come = async {
            let permit = heard.reserve().await.ok()?;
            let came = come.await;
            drop(permit);
            Some(came)
        };
        tokio::select! {
            // Wishes first: they are few, and never wait for what comes.
            biased;
            wish = wishes.recv() => wish.map_or(Next::Left, Next::Wished),
            came = come => came.map_or(Next::Left, Next::Came),
        }
    }

    /// Hands a frame on that came with [`next`](Self::next). `None` when nobody watches any more.
    pub(crate) fn hand_on(&self, frame: Frame) -> Option<()> {
        // There is room: nobody else puts anything in.
        self.heard.try_send(Heard::Frame(frame)).ok()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn ack() -> Wish {
        Wish::Send(Box::new(Frame::Ack { offset: 7 }))
    }

    // B-02
    #[tokio::test]
    async fn a_connection_begins_with_the_subscription_whatever_was_wished_before() {
        let (mut line, mut far) = Line::new();
        line.wishes.send(ack()).await.unwrap();
        line.wishes.send(Wish::Again).await.unwrap();
        let subscribe = Frame::Subscribe(Subscribe {
            offset: Some(5),
            ..Subscribe::default()
        });
        line.wishes
            .send(Wish::Send(Box::new(subscribe)))
            .await
            .unwrap();
        assert_eq!(far.opened().await.unwrap().offset, Some(5));
        assert!(matches!(line.heard.recv().await, Some(Heard::Opened)));
    }

    // B-02
    #[tokio::test]
    async fn who_is_not_read_is_still_heard() {
        let (line, mut far) = Line::new();
        let frame = Frame::Output {
            offset: 0,
            bytes: Bytes::from_static(b"x"),
        };
        for _ in 0..QUEUE {
            far.hand_on(frame.clone()).unwrap();
        }
        line.wishes.send(ack()).await.unwrap();
        // Nothing more is asked for, for it could not be handed on.
        let next = far.next(async { panic!("there is no room") }).await;
        let next: Next<()> = next;
        assert!(matches!(next, Next::Wished(Wish::Send(_))));
        drop(line);
        assert!(far.say(Heard::Opened).await.is_none());
    }
}
