//! The agent's side of `agent.sock`: what `baton checkpoint` and `baton need-operator` do. It blocks,
//! and needs no runtime: it is started before every tool call, and has to be quick.

mod hook;
mod transcript;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::Path,
    time::Duration,
};

use uuid::Uuid;

pub use self::hook::Hook;
pub use crate::asking::{Answered, Handed, HelpAsk};
use crate::{
    asking::{AGENT_PROTOCOL, AgentWord, Checkpoint, Done, Go, HostWord, LINE_BYTES, Moment},
    checkpoint::ALLOW,
};

/// What follows messages, for the agent.
const TRAILER: &str =
    "(Said by a person who watches this run. Take it into account before you go on.)";
/// The reason that an agent hears whose run is being ended.
const ENDING: &str = "The run is being ended by an operator: stop here.";

/// A checkpoint of a program that calls itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What comes next, for whoever watches; one line.
    pub label: Option<String>,
    /// What part of the program's work has ended.
    pub ended: StepEnd,
}

/// What has ended at a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StepEnd {
    /// A step: steering messages are handed over.
    #[default]
    Step,
    /// All that there was to do: queued messages are handed over too.
    Turn,
}

/// What came of a question to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A person is asked; nobody waits.
    Open(Uuid),
    /// A person has answered.
    Answered(Answered),
    /// Nobody has answered in time; the question is closed.
    TimedOut(Uuid),
    /// It cannot be asked.
    Refused(String),
    /// The run is being ended.
    Ending,
}

/// Passes a checkpoint from an agent's hook: blocks while the agent is held, and prints what the
/// agent is to take from its hook, if there is anything.
///
/// # Errors
/// When the host is gone, or what it said cannot be printed.
pub fn pass_hook(socket: &Path, hook: &Hook, out: &mut impl Write) -> io::Result<()> {
    let Some(ask) = hook.ask() else {
        return Ok(());
    };
    let mut call = Call::begin(socket, &AgentWord::Checkpoint(ask))?;
    let go = match call.go()? {
        Some(go) => go,
        None => return print(out, hook.refusal(ENDING)),
    };
    if go.is_empty() {
        return Ok(());
    }
    print(out, hook.output(&go))?;
    call.done(&go, hook.answered(&go.unproven))
}

/// Passes a checkpoint of a program that calls itself: blocks while it is held; the messages for
/// it, which `print` is to hand over.
///
/// # Errors
/// When the host is gone, or what it said cannot be printed.
pub fn pass_step(
    socket: &Path,
    step: &Step,
    print: impl FnOnce(&[Handed]) -> io::Result<()>,
) -> io::Result<()> {
    let ask = Checkpoint {
        baton: AGENT_PROTOCOL,
        at: match step.ended {
            StepEnd::Step => Moment::Step,
            StepEnd::Turn => Moment::TurnEnd,
        },
        via: step.label.clone().unwrap_or_else(|| "step".to_owned()),
        tool: None,
        tool_use: None,
        session: None,
        detail: None,
        deaf: false,
    };
    let mut call = Call::begin(socket, &AgentWord::Checkpoint(ask))?;
    let go = call.go()?.unwrap_or_default();
    print(&go.messages)?;
    if go.is_empty() {
        return Ok(());
    }
    call.done(&go, Vec::new())
}

/// Asks a person. With `wait` in the question, it blocks until somebody answers, `timeout` is
/// over, or the run ends.
///
/// # Errors
/// When the host is gone, or goes before there is an answer.
pub fn ask_person(socket: &Path, ask: HelpAsk, timeout: Option<Duration>) -> io::Result<Asked> {
    let wait = ask.wait;
    let mut call = Call::begin(socket, &AgentWord::Help(ask))?;
    let help = match call.next()? {
        HostWord::Asked { help } => help,
        HostWord::Refused { reason } => return Ok(Asked::Refused(reason)),
        HostWord::Ending => return Ok(Asked::Ending),
        _ => return Err(unexpected()),
    };
    if !wait {
        return Ok(Asked::Open(help));
    }
    call.answer(help, timeout)
}

/// What the agent reads of messages: each says from whom it comes.
#[must_use]
pub fn text_of(messages: &[Handed]) -> String {
    let mut text = String::new();
    for message in messages {
        let (from, kind) = (&message.from, message.kind);
        text += &format!("Message from {from} ({kind}): {}\n\n", message.text);
    }
    text + TRAILER
}

/// One call.
struct Call {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Call {
    fn begin(socket: &Path, word: &AgentWord) -> io::Result<Self> {
        let stream = connect(socket)?;
        let reader = BufReader::with_capacity(4096, stream.try_clone()?);
        let mut call = Self { stream, reader };
        call.say(word)?;
        Ok(call)
    }

    fn say(&mut self, word: &AgentWord) -> io::Result<()> {
        let mut line = serde_json::to_vec(word)?;
        line.push(b'\n');
        self.stream.write_all(&line)
    }

    /// The next word that this build knows.
    fn next(&mut self) -> io::Result<HostWord> {
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut self.reader).take(LINE_BYTES as u64);
            if bounded.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match serde_json::from_slice(&line)? {
                HostWord::Unknown => {}
                word => return Ok(word),
            }
        }
    }

    /// Waits until the agent may go on; none when its run is being ended.
    fn go(&mut self) -> io::Result<Option<Go>> {
        match self.next()? {
            HostWord::Go(go) => Ok(Some(go)),
            HostWord::Ending => Ok(None),
            HostWord::Refused { reason } => Err(io::Error::other(reason)),
            _ => Err(unexpected()),
        }
    }

    /// Says that everything was handed over, and waits until that is on record.
    fn done(&mut self, go: &Go, answered: Vec<String>) -> io::Result<()> {
        let messages = go.messages.iter().map(|message| message.id);
        let ids = messages.chain(go.decision.iter().map(|decision| decision.help));
        let ids = ids.collect();
        self.say(&AgentWord::Done(Done { ids, answered }))?;
        self.next().map(drop)
    }

    fn answer(&mut self, help: Uuid, timeout: Option<Duration>) -> io::Result<Asked> {
        self.stream.set_read_timeout(timeout)?;
        let word = match self.next() {
            Err(error) if is_timeout(&error) => {
                self.stream.set_read_timeout(None)?;
                self.say(&AgentWord::TimedOut)?;
                // An answer that comes in this very moment is one.
                self.next()?
            }
            word => word?,
        };
        match word {
            HostWord::Answer(answered) => {
                let ids = vec![help];
                let answered_ids = Vec::new();
                self.say(&AgentWord::Done(Done {
                    ids,
                    answered: answered_ids,
                }))?;
                Ok(Asked::Answered(answered))
            }
            HostWord::Noted => Ok(Asked::TimedOut(help)),
            HostWord::Ending => Ok(Asked::Ending),
            _ => Err(unexpected()),
        }
    }
}

/// Connects by the folder's descriptor where the path is longer than a socket's may be.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    match UnixStream::connect(socket) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
        connected => return connected,
    }
    let none = || io::Error::from(io::ErrorKind::InvalidInput);
    let folder = File::open(socket.parent().ok_or_else(none)?)?;
    let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    UnixStream::connect(path.join(socket.file_name().ok_or_else(none)?))
}

fn print(out: &mut impl Write, output: Option<serde_json::Value>) -> io::Result<()> {
    match output {
        Some(output) => {
            writeln!(out, "{output}")?;
            out.flush()
        }
        None => Ok(()),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn unexpected() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the agent's host said what was not expected",
    )
}

/// Whether an answer gives a permission.
fn is_allowed(decision: &Answered) -> bool {
    decision.answer == ALLOW
}
