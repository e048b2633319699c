//! What waits for one viewer: bounded in bytes. Pure.
//!
//! What waits, and what was sent and is not drawn yet, may be so much; beyond it everything that
//! waits is dropped and the viewer is skipped, until it has drawn nearly all of what it was sent
//! and can be shown the screen as it is.

use std::collections::VecDeque;

use bytes::Bytes;

/// The most bytes that wait for a viewer, or are on their way to its screen.
pub(super) const MOST: u64 = 512 << 10;

/// A viewer that was skipped is shown a screen when less than so many bytes are left to draw.
pub(super) const LAG: u64 = 128 << 10;

/// The most words to one viewer alone that wait while it is skipped.
const MOST_OWN: usize = 256;

/// A frame as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The frame's bytes, shared by all who get it.
    pub(super) bytes: Bytes,
    /// What has been shown once it is drawn; none where nothing is drawn.
    pub(super) through: Option<u64>,
}

/// Why a viewer is to be shown the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skip {
    /// Something was left out.
    Behind,
    /// Another life of the terminal has begun.
    Anew,
}

/// What a viewer gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing, for now.
    Nothing,
    /// A frame.
    Frame(Item),
    /// The screen as it is: [`Queue::show`] has to be told what that is.
    Screen(Skip),
}

/// What waits for one viewer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(Item, Whose)>,
    bytes: u64,
    /// What was sent, as the offset behind it.
    sent: u64,
    /// What is drawn; none of a viewer that does not say.
    drawn: Option<u64>,
    /// What the last screen shows. A screen counts as drawn: whatever is said of the time before
    /// it says nothing.
    screen: u64,
    skipping: Option<Skip>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Everybodys,
    /// The screen, for everybody in its turn.
    Screen,
    Own,
    /// Without which nothing that follows can be understood: the greeting, the screen, and how
    /// things are.
    Beginning,
}

impl Queue {
    /// A viewer that has seen everything up to an offset.
    pub(super) fn after(offset: u64) -> Self {
        Self {
            sent: offset,
            ..Self::default()
        }
    }

    /// A frame for everybody. A viewer that is skipped is told it with the screen.
    pub(super) fn push(&mut self, item: Item) {
        if self.skipping.is_some() {
            return;
        }
        self.put(item, Whose::Everybodys);
        if self.bytes + self.lag() > MOST {
            self.skip(Skip::Behind);
        }
    }

    /// Another size and the screen in it, in their turn. A viewer that does not keep up is skipped
    /// instead: the screen that it is shown then has that size.
    pub(super) fn resize(&mut self, size: Item, screen: Item) {
        if self.skipping.is_some() {
            return;
        }
        if self.bytes + self.lag() >= LAG {
            self.skip(Skip::Behind);
            return;
        }
        self.put(size, Whose::Everybodys);
        self.put(screen, Whose::Screen);
    }

    /// A frame for this viewer alone, whether it keeps up or not.
    pub(super) fn push_own(&mut self, bytes: Bytes) {
        let own = self
            .waiting
            .iter()
            .filter(|(_, whose)| *whose == Whose::Own);
        if own.count() >= MOST_OWN {
            return;
        }
        let item = Item {
            bytes,
            through: None,
        };
        self.put(item, Whose::Own);
    }

    /// Drops what waits: the screen will be shown.
    pub(super) fn skip(&mut self, why: Skip) {
        let stays = |whose: Whose| match whose {
            Whose::Everybodys | Whose::Screen => false,
            Whose::Own => true,
            // Another life begins with a greeting of its own.
            Whose::Beginning => why == Skip::Behind,
        };
        self.waiting.retain(|(_, whose)| stays(*whose));
        self.bytes = self.waiting.iter().map(|(item, _)| size(item)).sum();
        if why == Skip::Anew {
            self.sent = 0;
            self.screen = 0;
            self.drawn = self.drawn.map(|_| 0);
        }
        // Another life stays another life, whatever is left out of it.
        if self.skipping != Some(Skip::Anew) {
            self.skipping = Some(why);
        }
    }

    /// The viewer has drawn everything up to an offset. One that was not sent yet is another
    /// life's, or a lie.
    pub(super) fn draw(&mut self, offset: u64) {
        let drawn = self.drawn.unwrap_or(self.screen);
        self.drawn = Some(drawn.max(offset.min(self.sent)));
    }

    /// What is sent next, once everything before has left.
    pub(super) fn next(&mut self) -> Due {
        if let Some((item, whose)) = self.waiting.pop_front() {
            self.bytes -= size(&item);
            self.sent = item.through.unwrap_or(self.sent).max(self.sent);
            if whose == Whose::Screen {
                self.shown();
            }
            return Due::Frame(item);
        }
        match self.skipping {
            Some(why) if self.lag() < LAG => Due::Screen(why),
            _ => Due::Nothing,
        }
    }

    /// Shows the screen: frames, the first of which are drawn through an offset. They come whatever
    /// waits behind them.
    pub(super) fn show(&mut self, frames: impl IntoIterator<Item = Bytes>, through: u64) {
        self.skipping = None;
        self.sent = through;
        self.shown();
        for bytes in frames {
            let item = Item {
                bytes,
                through: None,
            };
            self.put(item, Whose::Beginning);
        }
    }

    /// What the viewer was sent before something was left out.
    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether nothing waits and nothing is left out.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.skipping.is_none()
    }

    /// The last that was sent is a screen, which counts as drawn.
    fn shown(&mut self) {
        self.screen = self.sent;
        self.drawn = self.drawn.map(|_| self.sent);
    }

    fn put(&mut self, item: Item, whose: Whose) {
        self.bytes += size(&item);
        self.waiting.push_back((item, whose));
    }

    fn lag(&self) -> u64 {
        self.drawn
            .map_or(0, |drawn| self.sent.saturating_sub(drawn))
    }
}

fn size(item: &Item) -> u64 {
    item.bytes.len() as u64
}

#[cfg(test)]
mod tests;
