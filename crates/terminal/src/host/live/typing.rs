//! What watchers send: inputs, and wishes for another size. The gate is asked about each.

use std::time::{Duration, Instant};

use baton_domain::{GrantId, TerminalName, TerminalSize};
use baton_wire::terminal::{Frame, Input, Refused, TypedSeq};

use super::{Live, Note};
use crate::{
    audit::Typed,
    gate::{Source, Verdict},
    host::typing::{Progress, TypedInput},
    journal::What,
};

/// A terminal gets another size this long after that was wished, so that a window that is being
/// dragged changes it a few times a second at most.
const SIZED_AFTER: Duration = Duration::from_millis(250);

/// How many lines of a draft are taken away on either side of the cursor. With the words behind them
/// the keys stay below 1,024 bytes: Codex reads so many at once, and the rest only when more comes.
const DRAFT: usize = 32;

/// A size that the holder of the grant has wished.
pub(super) struct Wished {
    pub(super) due: Instant,
    terminal: TerminalName,
    size: TerminalSize,
}

/// Keys that take away whatever stands at an agent's prompt, wherever the cursor is in it, and do
/// nothing where nothing stands there: Ctrl-C and Esc, which do the former as well, leave the agent or
/// go back in its story then. Ctrl-U takes a line up to the cursor, or its break with the one
/// before; Ctrl-K and Delete take what follows, and its break. Each is apart from the next by a key
/// that is a sequence, since Claude Code takes control characters in a row for pasted ones. The last
/// leaves its shell mode.
fn empty_prompt() -> String {
    let (before, behind) = ("\x15\x1b[3~", "\x0b\x1b[3~");
    before.repeat(2 * DRAFT) + &behind.repeat(DRAFT) + "\x7f"
}

impl Live {
    /// Acts on a watcher's frame.
    pub(in crate::host) fn hear(
        &mut self,
        name: TerminalName,
        source: Source,
        frame: Frame,
        now: Instant,
    ) {
        match frame {
            Frame::Input(input) => self.input(name, source, input, now),
            Frame::Resize { grant, fence, size } => {
                match self.gate.may(name, source.via, grant, fence, now) {
                    Ok(()) => self.wish_size(name, size, now),
                    Err(reason) => self.refuse(name, source, None, grant, reason),
                }
            }
            Frame::Ping(bytes) => {
                let pong = Frame::Pong(bytes);
                self.terminal(name).tell_one(source.connection, &pong);
            }
            // What a watcher has drawn is of no interest: it is not waited for.
            _ => {}
        }
    }

    fn input(&mut self, name: TerminalName, source: Source, input: Input, now: Instant) {
        let (grant, seq) = (input.grant, input.seq);
        match self.gate.check(name, source, &input, now) {
            Verdict::BeingTyped => {}
            Verdict::TypedBefore(offset) => self.accepted(name, source, grant, seq, offset),
            Verdict::Refuse(reason) => self.refuse(name, source, Some(seq), grant, reason),
            Verdict::Type => {
                if name == TerminalName::Shell {
                    self.start_shell(now);
                }
                if let Err(reason) = self.take(name, source, input) {
                    self.gate.forget(source, seq);
                    self.refuse(name, source, Some(seq), grant, reason.to_owned());
                    return;
                }
                let progress = self.terminal(name).type_now();
                self.progressed(name, progress, now);
            }
        }
    }

    /// Enters words at the prompt of the agent's own screen, in the place of what stands there. They
    /// are pasted: what is typed so fast, a screen takes for that, and its end for another line.
    pub(in crate::host) fn wake(&mut self, words: &str, now: Instant) {
        let keys = format!("{}\x1b[200~{words}\x1b[201~\r", empty_prompt());
        self.agent.wake(keys.into_bytes());
        let progress = self.agent.type_now();
        self.progressed(TerminalName::Agent, progress, now);
    }

    fn take(
        &mut self,
        name: TerminalName,
        source: Source,
        input: Input,
    ) -> Result<(), &'static str> {
        let writer = self.gate.writer().ok_or("nobody may type any more")?;
        let input = TypedInput {
            source,
            grant: input.grant,
            holder: writer.holder.clone(),
            channel: writer.channel,
            fence: input.fence,
            seq: input.seq,
            bytes: input.bytes,
        };
        self.terminal(name).take(input)
    }

    /// Answers and puts on record what has become of inputs.
    pub(super) fn progressed(&mut self, name: TerminalName, all: Vec<Progress>, now: Instant) {
        for progress in all {
            let TypedInput {
                source, grant, seq, ..
            } = progress.input;
            if progress.is_whole() {
                self.gate.typed(source, seq, progress.offset);
                self.accepted(name, source, grant, seq, progress.offset);
            } else {
                self.gate.forget(source, seq);
                let reason = match progress.typed {
                    0 => "it was not typed: the right to type ended before the program took it"
                        .to_owned(),
                    some => format!(
                        "only its first {some} bytes were typed: the right to type ended before the program took the rest"
                    ),
                };
                self.refuse(name, source, Some(seq), grant, reason);
            }
            if progress.typed > 0 {
                self.record(name, progress, now);
            }
        }
    }

    fn record(&mut self, terminal: TerminalName, progress: Progress, now: Instant) {
        let input = progress.input;
        let typed = Typed {
            terminal,
            grant: input.grant,
            holder: input.holder,
            channel: input.channel,
            fence: input.fence,
            seq: input.seq,
            offset: progress.offset,
            echo: progress.echo,
            bytes: input.bytes[..progress.typed].to_vec(),
        };
        let (chain, mask) = (&mut self.chain, &mut self.mask);
        let batch = match terminal {
            TerminalName::Agent => &mut self.agent.batch,
            TerminalName::Shell => &mut self.shell.batch,
        };
        let full = batch.add(typed, now, chain, |bytes| mask.text(terminal, bytes));
        let full = full.map(|record| Note::What(What::Typed(record)));
        self.notes.extend(full);
    }

    /// Ends the batch of what was typed into a terminal.
    pub(super) fn put_on_record(&mut self, name: TerminalName) {
        let (chain, mask) = (&mut self.chain, &mut self.mask);
        let batch = match name {
            TerminalName::Agent => &mut self.agent.batch,
            TerminalName::Shell => &mut self.shell.batch,
        };
        let record = batch.cut(chain, |bytes| mask.text(name, bytes));
        let record = record.map(|record| Note::What(What::Typed(record)));
        self.notes.extend(record);
    }

    /// Types nothing more of what waits, and puts on record what was typed.
    pub(super) fn stop_typing(&mut self, now: Instant) {
        for name in [TerminalName::Agent, TerminalName::Shell] {
            let progress = self.terminal(name).stop_typing();
            self.progressed(name, progress, now);
            self.put_on_record(name);
        }
    }

    fn wish_size(&mut self, terminal: TerminalName, size: TerminalSize, now: Instant) {
        let due = match &self.resize {
            Some(wished) if wished.terminal == terminal => wished.due,
            _ => now + SIZED_AFTER,
        };
        self.resize = Some(Wished {
            due,
            terminal,
            size,
        });
    }

    pub(super) fn resize_if_due(&mut self, now: Instant) {
        if let Some(wished) = self.resize.take_if(|wished| wished.due <= now) {
            self.resize(wished.terminal, wished.size);
        }
    }

    /// Gives the terminals the size that they have while nobody wishes another.
    pub(super) fn usual_sizes(&mut self) {
        self.resize = None;
        let usual = self.order.terminal.as_ref().map(|order| order.size);
        for name in [TerminalName::Agent, TerminalName::Shell] {
            self.resize(name, usual.unwrap_or_default());
        }
    }

    fn resize(&mut self, name: TerminalName, size: TerminalSize) {
        if self.terminal(name).resize(size) {
            self.sized(name);
        }
    }

    fn accepted(
        &mut self,
        name: TerminalName,
        to: Source,
        grant: GrantId,
        seq: TypedSeq,
        offset: u64,
    ) {
        let accepted = Frame::Accepted { offset, grant, seq };
        self.terminal(name).tell_one(to.connection, &accepted);
    }

    fn refuse(
        &mut self,
        name: TerminalName,
        to: Source,
        seq: Option<TypedSeq>,
        grant: GrantId,
        reason: String,
    ) {
        let grant = Some(grant);
        let refused = Frame::Refused(Refused { seq, grant, reason });
        self.terminal(name).tell_one(to.connection, &refused);
    }
}
