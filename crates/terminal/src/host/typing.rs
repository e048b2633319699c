//! What waits to be typed into a terminal, in order: inputs that the gate has let in, and answers
//! of the terminal to its program.

use std::collections::VecDeque;

use baton_domain::{Actor, Channel, Fence, GrantId};
use baton_wire::terminal::TypedSeq;
use bytes::Bytes;

use crate::{gate::Source, pty::Pty};

/// The most that waits, in bytes: more than a program can have been asked to take at once.
const MOST: usize = 64 << 10;

/// An input that the gate has let in.
#[derive(Debug, Clone)]
pub(super) struct TypedInput {
    pub(super) source: Source,
    pub(super) grant: GrantId,
    pub(super) holder: Actor,
    pub(super) channel: Channel,
    pub(super) fence: Fence,
    pub(super) seq: TypedSeq,
    pub(super) bytes: Bytes,
}

/// What became of an input.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) input: TypedInput,
    /// How much of it was typed, in bytes.
    pub(super) typed: usize,
    /// Where the terminal was then.
    pub(super) offset: u64,
    /// Whether the terminal shows it.
    pub(super) echo: bool,
}

impl Progress {
    /// Whether all of it was typed.
    pub(super) fn is_whole(&self) -> bool {
        self.typed == self.input.bytes.len()
    }
}

#[derive(Debug, Default)]
pub(super) struct Typing {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    /// None for an answer of the terminal, and for the host's own words.
    input: Option<TypedInput>,
    bytes: Bytes,
    typed: usize,
    /// Whether the terminal showed every part of it so far.
    echo: bool,
}

impl Typing {
    /// Takes an input.
    ///
    /// # Errors
    /// When too much waits already.
    pub(super) fn take(&mut self, input: TypedInput) -> Result<(), &'static str> {
        if self.bytes + input.bytes.len() > MOST {
            return Err("the program does not read what is typed: wait until it does");
        }
        let bytes = input.bytes.clone();
        self.add(Some(input), bytes);
        Ok(())
    }

    /// Takes an answer, or words of the host's own. A program that asks without end and does not listen gets no more of them.
    pub(super) fn answer(&mut self, answer: Vec<u8>) {
        if !answer.is_empty() && self.bytes + answer.len() <= MOST {
            self.add(None, answer.into());
        }
    }

    fn add(&mut self, input: Option<TypedInput>, bytes: Bytes) {
        self.bytes += bytes.len();
        self.waiting.push_back(Waiting {
            input,
            bytes,
            typed: 0,
            echo: true,
        });
    }

    /// What is to be typed next; empty when nothing waits.
    pub(super) fn first(&self) -> &[u8] {
        self.waiting
            .front()
            .map_or(&[], |first| &first.bytes[first.typed..])
    }

    /// Types as much as the program takes at this moment.
    pub(super) fn type_now(&mut self, pty: &mut Pty, offset: u64) -> Vec<Progress> {
        let mut done = Vec::new();
        while !self.waiting.is_empty() {
            let echo = pty.echoes();
            let typed = pty.type_now(self.first()).unwrap_or(0);
            if typed == 0 {
                break;
            }
            done.extend(self.advance(typed, offset, echo));
        }
        done
    }

    /// So much of the first was typed; what that was, if it is whole now.
    pub(super) fn advance(&mut self, typed: usize, offset: u64, echo: bool) -> Option<Progress> {
        let first = self.waiting.front_mut()?;
        first.typed += typed;
        first.echo &= echo;
        self.bytes -= typed;
        if first.typed < first.bytes.len() {
            return None;
        }
        self.waiting.pop_front()?.progress(offset)
    }

    /// Types no more inputs; what becomes of those that wait. Answers stay.
    pub(super) fn stop(&mut self, offset: u64) -> Vec<Progress> {
        let (inputs, answers): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| waiting.input.is_some());
        self.waiting = answers;
        self.count();
        inputs
            .into_iter()
            .filter_map(|input| input.progress(offset))
            .collect()
    }

    fn count(&mut self) {
        let left = |waiting: &Waiting| waiting.bytes.len() - waiting.typed;
        self.bytes = self.waiting.iter().map(left).sum();
    }
}

impl Waiting {
    fn progress(self, offset: u64) -> Option<Progress> {
        let typed = self.typed;
        let echo = self.echo;
        self.input.map(|input| Progress {
            input,
            typed,
            offset,
            echo,
        })
    }
}
