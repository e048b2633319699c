//! What becomes of a session whose relay has given links: a plain step from what was seen to what
//! is said.

use std::time::Duration;

use baton_domain::SessionHealth;
use baton_wire::event::SessionLinks;
use tokio::time::Instant;

use super::{Told, links::Links};

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    /// The connection to the relay broke.
    Lost,
    /// The relay has said that it has given links, again.
    Linked,
    /// Client and relay answer; these are the links now.
    Answers(Links),
    /// One of them does not, and which.
    Silent(String),
}

/// How it stands.
#[derive(Debug)]
pub(super) struct Judge {
    links: Links,
    /// Whether the links are good as far as is known.
    linked: Linked,
    /// Since when something is amiss, and what.
    amiss: Option<(Instant, String)>,
    /// How long it may be.
    patience: Duration,
}

/// Whether the links are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linked {
    Yes,
    /// The client goes on naming dead ones.
    No,
    /// The relay has given links again, perhaps the same. The client may not have heard of them
    /// yet, so that they have to be the same for so many looks.
    Perhaps(u8),
}

/// Two looks, between which a poll lies.
const CONFIRMED_BY: u8 = 2;

impl Judge {
    pub(super) const fn new(links: Links, patience: Duration) -> Self {
        Self {
            links,
            linked: Linked::Yes,
            amiss: None,
            patience,
        }
    }

    /// When the relay is given up, and why.
    pub(super) fn deadline(&self) -> Option<(Instant, &str)> {
        let amiss = self.amiss.as_ref();
        amiss.map(|(since, why)| (*since + self.patience, why.as_str()))
    }

    /// Takes a sign; what is to be said of it.
    pub(super) fn hear(
        &mut self,
        sign: Sign,
        now: Instant,
        seal: impl FnOnce(&Links) -> SessionLinks,
    ) -> Vec<Told> {
        match sign {
            Sign::Lost => self.lost(now),
            Sign::Linked => {
                if self.linked == Linked::No {
                    self.linked = Linked::Perhaps(CONFIRMED_BY);
                }
                Vec::new()
            }
            Sign::Silent(why) => self.miss(now, why).into_iter().collect(),
            Sign::Answers(links) => self.answers(links, seal),
        }
    }

    fn lost(&mut self, now: Instant) -> Vec<Told> {
        let mut said = Vec::new();
        if std::mem::replace(&mut self.linked, Linked::No) == Linked::Yes {
            said.push(Told::Ready(SessionLinks::default()));
        }
        said.extend(self.miss(now, "the connection to it broke".to_owned()));
        said
    }

    fn miss(&mut self, now: Instant, why: String) -> Option<Told> {
        if self.amiss.is_some() {
            return None;
        }
        self.amiss = Some((now, why.clone()));
        Some(Told::Health(SessionHealth::Stale, Some(why)))
    }

    fn answers(&mut self, links: Links, seal: impl FnOnce(&Links) -> SessionLinks) -> Vec<Told> {
        let mut said = Vec::new();
        let again = match self.linked {
            _ if links != self.links => true,
            Linked::Yes => false,
            Linked::No => return said,
            Linked::Perhaps(looks) if looks > 1 => {
                self.linked = Linked::Perhaps(looks - 1);
                return said;
            }
            Linked::Perhaps(_) => true,
        };
        if again {
            said.push(Told::Ready(seal(&links)));
            self.links = links;
            self.linked = Linked::Yes;
        }
        if self.amiss.take().is_some() {
            said.push(Told::Health(SessionHealth::Ready, None));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(9);

    fn links(token: &str) -> Links {
        Links::of(
            &format!("ssh ro-{token}@relay"),
            &format!("ssh {token}@relay"),
        )
    }

    fn shown(links: &Links) -> SessionLinks {
        SessionLinks {
            attach_ro: Some(links.attach_ro().to_owned()),
            ..SessionLinks::default()
        }
    }

    fn hear(judge: &mut Judge, sign: Sign) -> Vec<Told> {
        judge.hear(sign, Instant::now(), shown)
    }

    fn health(said: &[Told]) -> Vec<SessionHealth> {
        let health = |what: &Told| match what {
            Told::Health(health, _) => Some(*health),
            _ => None,
        };
        said.iter().filter_map(health).collect()
    }

    // H-13
    #[test]
    fn links_are_dead_when_the_connection_breaks_and_others_when_the_relay_is_back() {
        let mut judge = Judge::new(links("a"), PATIENCE);
        assert_eq!(hear(&mut judge, Sign::Answers(links("a"))), []);
        let said = hear(&mut judge, Sign::Lost);
        assert_eq!(said[0], Told::Ready(SessionLinks::default()));
        assert_eq!(health(&said), [SessionHealth::Stale]);
        assert!(judge.deadline().is_some());
        // The client still names the dead ones, and tries in vain.
        assert_eq!(hear(&mut judge, Sign::Answers(links("a"))), []);
        assert_eq!(hear(&mut judge, Sign::Lost), []);
        let said = hear(&mut judge, Sign::Answers(links("b")));
        assert_eq!(said[0], Told::Ready(shown(&links("b"))));
        assert_eq!(health(&said), [SessionHealth::Ready]);
        assert!(judge.deadline().is_none());
    }

    #[test]
    fn the_same_links_again_are_believed_when_they_stay() {
        let mut judge = Judge::new(links("a"), PATIENCE);
        hear(&mut judge, Sign::Lost);
        assert_eq!(hear(&mut judge, Sign::Linked), []);
        assert_eq!(hear(&mut judge, Sign::Answers(links("a"))), []);
        let said = hear(&mut judge, Sign::Answers(links("a")));
        assert_eq!(said[0], Told::Ready(shown(&links("a"))));
        assert_eq!(health(&said), [SessionHealth::Ready]);
    }

    #[test]
    fn a_relay_that_is_silent_is_given_up_from_its_first_silence_on() {
        let mut judge = Judge::new(links("a"), PATIENCE);
        let silent = || Sign::Silent("it hangs".to_owned());
        let began = Instant::now();
        let said = judge.hear(silent(), began, shown);
        assert_eq!(health(&said), [SessionHealth::Stale]);
        assert_eq!(judge.hear(silent(), began + PATIENCE / 2, shown), []);
        assert_eq!(judge.deadline(), Some((began + PATIENCE, "it hangs")));
        assert_eq!(
            hear(&mut judge, Sign::Answers(links("a"))),
            [Told::Health(SessionHealth::Ready, None)]
        );
    }
}
