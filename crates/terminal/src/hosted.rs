//! An agent in its host, as a worker has it: what its journal tells, and what can be asked of it.

use std::{io, time::Duration};

use baton_domain::{EndStep, TerminalName, TerminalSize, WriteEnd};
use baton_wire::{
    event::{
        GateMoved, HelpClosed, HelpNeeded, InputTyped, MessageDelivered, MessageSeen, WriteEnded,
    },
    grant::SignedGate,
    http::PublicKeyInfo,
};
use futures::{SinkExt, StreamExt};
use tokio::{net::UnixStream, sync::mpsc};
use uuid::Uuid;

use crate::{
    control::{AgentMessage, Held, HelpAnswer, Hold, LetGo, TurnEnded},
    journal::{Ended, Entry, JournalReader, NotStarted, Started, What},
    protocol::{self, EndHow, GateRefused, PROTOCOL, Reply, Request, Status, WINDOW, Wire},
};

/// Entries that are told before anything else has its turn.
const BATCH: usize = 64;

/// Who is told.
pub trait Listener {
    /// What comes next happened so long after the agent's start.
    fn at(&mut self, since_start: Duration);
    /// The agent runs.
    fn started(&mut self, process: Started);
    /// It printed this on its standard output.
    fn stdout(&mut self, bytes: &[u8]);
    /// It printed this on its standard error.
    fn stderr(&mut self, bytes: &[u8]);
    /// One of its terminals shows this: no secret is in it, and only such escape sequences as
    /// cannot harm a viewer.
    fn printed(&mut self, _terminal: TerminalName, _bytes: &[u8]) {}
    /// Its terminal shows this since its worker has wished so.
    fn shown(&mut self, _bytes: &[u8]) {}
    /// A marker was put into the recording.
    fn marked(&mut self, _label: &str) {}
    /// One of its terminals has this size from now on.
    fn sized(&mut self, _terminal: TerminalName, _size: TerminalSize) {}
    /// Somebody else may type, or nobody.
    fn gate_moved(&mut self, _moved: GateMoved) {}
    /// Somebody may type no more.
    fn write_ended(&mut self, _ended: WriteEnded) {}
    /// Something was typed.
    fn typed(&mut self, _typed: InputTyped) {}
    /// A gate that was told is not obeyed. Told live alone.
    fn gate_refused(&mut self, _refused: &GateRefused) {}
    /// It stands still in its checkpoint because of a hold.
    fn held(&mut self, _held: Held) {}
    /// It waits because of a hold no more.
    fn let_go(&mut self, _let_go: LetGo) {}
    /// It was handed a message.
    fn message_delivered(&mut self, _delivered: MessageDelivered) {}
    /// A message stands in a request that its model has answered.
    fn message_seen(&mut self, _seen: MessageSeen) {}
    /// A message was taken back in time. One that was handed over before is told by
    /// `message_delivered` alone.
    fn message_taken_back(&mut self, _message: Uuid) {}
    /// It needs a person; `HelpNeeded` is as it is said to everybody.
    fn help_needed(&mut self, _needed: HelpNeeded) {}
    /// It needs a person for that no more. What it asked without waiting is closed by an answer
    /// alone: the rest is closed by whoever sees its end.
    fn help_closed(&mut self, _closed: HelpClosed) {}
    /// Its turn has ended: its model has nothing more to do, and no message was waiting.
    fn turn_ended(&mut self, _turn: TurnEnded) {}
    /// So many bytes of its output were not kept.
    fn lost(&mut self, bytes: u64);
    /// How things are has changed.
    fn status(&mut self, status: &Status);
    /// A step of its end was taken.
    fn step(&mut self, step: EndStep);
}

/// Why an agent can no longer be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It was never started.
    #[error("the agent cannot be started: {}", .0.message)]
    NotStarted(NotStarted),
    /// Its host died; so has the agent, or it is to be ended.
    #[error("the process that the agent lives in is gone")]
    HostGone,
    /// The journal cannot be read.
    #[error("the agent's journal cannot be read: {0}")]
    Journal(#[from] io::Error),
}

/// An agent in its host. Dropping it leaves both alone.
#[derive(Debug)]
pub struct Hosted {
    journal: JournalReader,
    wire: Option<Wire>,
    status: Status,
    asked: mpsc::UnboundedReceiver<Request>,
    /// How much of the journal the host knows to be read.
    said_read: u64,
    remote: Remote,
}

/// What can be asked of an agent's host; clones ask the same. What is asked of one that is gone is
/// asked of nobody.
#[derive(Debug, Clone)]
pub struct Remote(mpsc::UnboundedSender<Request>);

impl Remote {
    /// Asks the agent by SIGINT to end, then ends it and all that it has started.
    pub fn ask_to_end(&self) {
        self.say(Request::End {
            how: EndHow::Asking,
        });
    }

    /// Ends the agent and all that it has started: SIGTERM, and SIGKILL to what is left.
    pub fn end(&self) {
        self.say(Request::End {
            how: EndHow::Telling,
        });
    }

    /// Holds it still.
    pub fn freeze(&self) {
        self.say(Request::Freeze);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.say(Request::Thaw);
    }

    /// Asks how much it has used; a status tells.
    pub fn measure(&self) {
        self.say(Request::Measure);
    }

    /// Shows a text in the agent's terminal, as if the agent had printed it. A text that follows
    /// from what the journal told has a `place`, which only rises: a worker that reads the journal
    /// again, and says the same again, has it shown once.
    pub fn show(&self, text: impl Into<String>, place: Option<u64>) {
        let text = text.into();
        self.say(Request::Show { text, place });
    }

    /// Puts a marker into the recording of the agent's terminal.
    pub fn mark(&self, label: impl Into<String>) {
        let label = label.into();
        self.say(Request::Mark { label });
    }

    /// Tells who may type, as the API has signed it, and how the grant before ended, if this ends
    /// it. The journal tells what became of it.
    pub fn gate(&self, signed: SignedGate, ended: WriteEnd) {
        self.say(Request::Gate { signed, ended });
    }

    /// Tells whose signatures count from now on.
    pub fn trust(&self, keys: Vec<PublicKeyInfo>) {
        self.say(Request::Trust { keys });
    }

    /// Lets nobody type any more, until something with a higher fence is told.
    pub fn close_gate(&self, cause: WriteEnd) {
        self.say(Request::CloseGate { cause });
    }

    /// Ends the operator's shell; the next grant for it starts another.
    pub fn end_shell(&self) {
        self.say(Request::EndShell);
    }

    /// Holds the agent at its checkpoints from now on, or lets it go on. Messages that were told
    /// before it is let go are handed over where it waits.
    pub fn hold(&self, hold: Option<Hold>) {
        self.say(Request::Hold { hold });
    }

    /// Has words typed to an agent with a screen of its own, whose turn is over, so that another turn
    /// begins and what waits for it is handed over.
    pub fn wake(&self, words: &str) {
        let words = words.to_owned();
        self.say(Request::Wake { words });
    }

    /// Tells the agent something, once: told again, it is nothing, whatever became of it.
    pub fn tell(&self, message: AgentMessage) {
        self.say(Request::Tell { message });
    }

    /// Takes a message back, unless the agent was handed it: the journal tells which. One that was
    /// never told will not be handed over either.
    pub fn take_back(&self, id: Uuid) {
        self.say(Request::TakeBack { id });
    }

    /// Answers what the agent has asked. An answer to what is not open is nothing.
    pub fn answer(&self, answer: HelpAnswer) {
        self.say(Request::Answer { answer });
    }

    fn say(&self, request: Request) {
        // Whoever has stopped following hears nothing any more.
        let _ = self.0.send(request);
    }
}

impl Hosted {
    /// Only what a host that is gone has left.
    pub(crate) fn of_journal(journal: JournalReader) -> Self {
        let (sender, asked) = mpsc::unbounded_channel();
        Self {
            journal,
            wire: None,
            status: Status::default(),
            asked,
            said_read: 0,
            remote: Remote(sender),
        }
    }

    /// A host that answers.
    pub(crate) async fn greet(stream: UnixStream, journal: JournalReader) -> io::Result<Self> {
        let mut wire = protocol::framed(stream);
        send(&mut wire, Request::Hello { protocol: PROTOCOL }).await?;
        let closed = || io::Error::from(io::ErrorKind::UnexpectedEof);
        loop {
            let frame = wire.next().await.ok_or_else(closed)??;
            if let Some(Reply::Status(status)) = protocol::word(&frame) {
                let mut hosted = Self::of_journal(journal);
                hosted.wire = Some(wire);
                hosted.status = status;
                return Ok(hosted);
            }
        }
    }

    /// Whether the host answered: otherwise the journal is all that there is.
    #[must_use]
    pub const fn is_alive(&self) -> bool {
        self.wire.is_some()
    }

    /// Whether the journal tells the agent's end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.journal.is_complete()
    }

    /// How things were when the host last spoke.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// For asking while it is followed.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Tells everything from the agent's start to its end.
    ///
    /// # Errors
    /// When it ends otherwise than by the agent's end.
    pub async fn follow(&mut self, listener: &mut impl Listener) -> Result<Ended, FollowError> {
        listener.status(&self.status);
        loop {
            self.pass_on().await;
            // Once more after the connection's end: the host writes before it leaves.
            let connected = self.wire.is_some();
            match self.tell(listener)? {
                Told::Ended(ended) => return Ok(ended),
                Told::More => {
                    self.say_read();
                    tokio::task::yield_now().await;
                    continue;
                }
                Told::All if !connected => return Err(FollowError::HostGone),
                Told::All => self.say_read(),
            }
            self.exchange(listener).await;
        }
    }

    /// Tells what is in the journal, so much at a time.
    fn tell(&mut self, listener: &mut impl Listener) -> Result<Told, FollowError> {
        for _ in 0..BATCH {
            let Some(Entry { at, what }) = self.journal.next_entry()? else {
                return Ok(Told::All);
            };
            listener.at(at);
            match what {
                What::Started(process) => listener.started(process),
                What::Stdout(bytes) => listener.stdout(&bytes),
                What::Stderr(bytes) => listener.stderr(&bytes),
                What::Printed(terminal, bytes) => listener.printed(terminal, &bytes),
                What::Shown(bytes) => listener.shown(&bytes),
                What::Marked(label) => listener.marked(&label),
                What::Sized(terminal, size) => listener.sized(terminal, size),
                What::GateMoved(moved) => listener.gate_moved(moved),
                What::WriteEnded(ended) => listener.write_ended(ended),
                What::Typed(typed) => listener.typed(typed),
                What::Held(told) => listener.held(told),
                What::LetGo(told) => listener.let_go(told),
                What::MessageDelivered(told) => listener.message_delivered(told),
                What::MessageSeen(told) => listener.message_seen(told),
                What::MessageTakenBack(told) => listener.message_taken_back(told),
                What::HelpNeeded(told) => listener.help_needed(told),
                What::HelpClosed(told) => listener.help_closed(told),
                What::TurnEnded(told) => listener.turn_ended(told),
                What::Lost(bytes) => listener.lost(bytes),
                What::NotStarted(why) => return Err(FollowError::NotStarted(why)),
                What::Step(step) => listener.step(step),
                What::Ended(ended) => return Ok(Told::Ended(ended)),
                What::Unknown => {}
            }
        }
        Ok(Told::More)
    }

    /// Lets the agent print on.
    fn say_read(&mut self) {
        let taken = self.journal.taken();
        if taken - self.said_read > WINDOW / 8 {
            self.said_read = taken;
            self.remote.say(Request::Read { bytes: taken });
        }
    }

    /// Passes on what was asked meanwhile: an agent that prints without end leaves no other time.
    async fn pass_on(&mut self) {
        while let (Some(wire), Ok(request)) = (&mut self.wire, self.asked.try_recv()) {
            if send(wire, request).await.is_err() {
                self.wire = None;
            }
        }
    }

    /// Waits for the host's next word, and passes on what it is asked meanwhile.
    async fn exchange(&mut self, listener: &mut impl Listener) {
        let Some(wire) = &mut self.wire else {
            return;
        };
        tokio::select! {
            frame = wire.next() => match frame {
                Some(Ok(frame)) => match protocol::word(&frame) {
                    Some(Reply::Status(status)) => {
                        listener.status(&status);
                        self.status = status;
                    }
                    Some(Reply::GateRefused(refused)) => listener.gate_refused(&refused),
                    Some(Reply::Unknown) | None => {}
                },
                Some(Err(_)) | None => self.wire = None,
            },
            Some(request) = self.asked.recv() => {
                if send(wire, request).await.is_err() {
                    self.wire = None;
                }
            }
        }
    }
}

enum Told {
    All,
    More,
    Ended(Ended),
}

async fn send(wire: &mut Wire, request: Request) -> io::Result<()> {
    wire.send(protocol::frame(&request)?).await
}
