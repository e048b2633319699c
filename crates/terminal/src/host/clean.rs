//! What programs print, on its way to the terminal: without secrets, and without what could harm
//! whoever watches.

use std::time::{Duration, Instant};

use baton_domain::TerminalName;
use baton_redact::{Cover, Redactor, Secret, Stream};

/// For how long a few bytes that may begin a secret are held back: somebody may wait to see what
/// they have typed.
const FEW_HELD: Duration = Duration::from_millis(40);
/// For how long more of them are.
const MANY_HELD: Duration = Duration::from_secs(2);
/// How many are few.
const FEW: usize = 5;

/// One stream of output.
#[derive(Debug)]
pub(super) struct Clean {
    stream: Stream,
    held_until: Option<Instant>,
}

impl Clean {
    pub(super) fn new(secrets: &[Secret]) -> Self {
        Self {
            stream: redactor(secrets).stream(),
            held_until: None,
        }
    }

    /// Takes what was printed, and gives what may be shown by now. A secret becomes stars, as many
    /// as it has bytes, so that everything stays where it was.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) -> Vec<u8> {
        let clean = self.stream.push(bytes);
        self.held_until = match self.stream.held() {
            0 => None,
            1..FEW => Some(now + FEW_HELD),
            _ => Some(now + MANY_HELD),
        };
        clean
    }

    /// When what is held back is to be shown all the same.
    pub(super) const fn until(&self) -> Option<Instant> {
        self.held_until
    }

    /// What was held back.
    pub(super) fn release(&mut self) -> Vec<u8> {
        self.held_until = None;
        self.stream.release()
    }
}

/// Masks secrets in what is put on record of what is typed.
#[derive(Debug)]
pub(super) struct Mask {
    agent: Stream,
    shell: Stream,
}

impl Mask {
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let redactor = redactor(secrets);
        Self {
            agent: redactor.stream(),
            shell: redactor.stream(),
        }
    }

    /// The next text typed into a terminal, whole, without secrets. One that has begun may go on
    /// in the next text: its beginning is masked, whether it does or not.
    pub(super) fn text(&mut self, terminal: TerminalName, bytes: &[u8]) -> String {
        let stream = match terminal {
            TerminalName::Agent => &mut self.agent,
            TerminalName::Shell => &mut self.shell,
        };
        let mut clean = stream.push(bytes);
        let held = stream.release();
        if held.len() < FEW {
            clean.extend(held);
        } else {
            clean.extend(std::iter::repeat_n(b'*', held.len()));
        }
        String::from_utf8_lossy(&clean).into_owned()
    }
}

fn redactor(secrets: &[Secret]) -> Redactor {
    Redactor::new(secrets).covering(Cover::SameLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Vec<Secret> {
        vec![Secret::new("KEY", "correct-horse")]
    }

    // W-10
    #[test]
    fn a_secret_becomes_as_many_stars_and_its_beginning_is_shown_to_whoever_waits() {
        let now = Instant::now();
        let mut clean = Clean::new(&secrets());
        assert_eq!(clean.push(b"a correct-horse b", now), b"a ************* b");
        assert_eq!(clean.push(b"c", now), b"");
        assert_eq!(clean.until(), Some(now + FEW_HELD));
        assert_eq!(clean.release(), b"c");
        assert_eq!(clean.until(), None);
        assert_eq!(clean.push(b"orrect-", now), b"");
        assert_eq!(clean.until(), Some(now + MANY_HELD));
        assert_eq!(clean.push(b"horse!", now), b"************!");
    }

    // W-10
    #[test]
    fn a_secret_that_is_typed_in_pieces_is_not_on_record() {
        let mut mask = Mask::new(&secrets());
        let agent = TerminalName::Agent;
        assert_eq!(mask.text(agent, b"a correct"), "a *******");
        assert_eq!(mask.text(TerminalName::Shell, b"-horse"), "-horse");
        assert_eq!(mask.text(agent, b"-horse\r"), "******\r");
        assert_eq!(mask.text(agent, b"c"), "c");
    }
}
