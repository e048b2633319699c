//! How many watch, and how many may: over the server, of one run, under one name. Pure.

use std::{borrow::Borrow, collections::HashMap, fmt::Write as _, hash::Hash};

use baton_domain::{Actor, RunId};

use crate::options::ViewerLimits;

/// Of what there is too much for one more viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Full {
    /// The server.
    Server,
    /// The run.
    Run,
    /// The name.
    Name,
}

/// Who watches here.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    all: usize,
    runs: HashMap<RunId, usize>,
    names: HashMap<String, usize>,
    refused: [u64; Full::ALL.len()],
}

impl Full {
    const ALL: [Self; 3] = [Self::Server, Self::Run, Self::Name];

    /// How many there may be.
    const fn most(self, limits: ViewerLimits) -> usize {
        match self {
            Self::Server => limits.server,
            Self::Run => limits.run,
            Self::Name => limits.name,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Run => "run",
            Self::Name => "name",
        }
    }

    /// What there is too much of, and what to do, for the person under this name.
    pub(crate) fn explain(self, limits: ViewerLimits, name: &Actor) -> String {
        let most = self.most(limits);
        match self {
            Self::Server => format!(
                "this server shows {most} terminals, which is all that it may: use another API server, \
                 try again when somebody has left, or have BATON_API_MAX_VIEWERS raised"
            ),
            Self::Run => format!(
                "{most} watch this run on this server, which is all that may: use another API server, \
                 try again when somebody has left, or have BATON_API_MAX_VIEWERS_PER_RUN raised"
            ),
            Self::Name => format!(
                "'{name}' has {most} terminals open on this server, which is all that one name may: \
                 close some, or have BATON_API_MAX_VIEWERS_PER_NAME raised"
            ),
        }
    }
}

impl Crowd {
    /// Counts one more, if there may be one more.
    pub(super) fn enter(
        &mut self,
        run: RunId,
        name: &Actor,
        limits: ViewerLimits,
    ) -> Result<(), Full> {
        let full = Full::ALL.into_iter().find(|full| {
            let here = match full {
                Full::Server => self.all,
                Full::Run => of(&self.runs, &run),
                Full::Name => of(&self.names, name.as_str()),
            };
            here >= full.most(limits)
        });
        if let Some(full) = full {
            self.refused[full as usize] += 1;
            return Err(full);
        }
        self.all += 1;
        *self.runs.entry(run).or_default() += 1;
        *self.names.entry(name.to_string()).or_default() += 1;
        Ok(())
    }

    /// Counts one less.
    pub(super) fn leave(&mut self, run: RunId, name: &Actor) {
        self.all = self.all.saturating_sub(1);
        one_less(&mut self.runs, &run);
        one_less(&mut self.names, name.as_str());
    }

    /// The counts as Prometheus reads them.
    pub(super) fn text(&self, limits: ViewerLimits) -> String {
        let busiest = self.runs.values().max().copied().unwrap_or_default();
        let mut text = format!(
            "# HELP baton_terminal_viewers Connections to terminals on this server.\n\
             # TYPE baton_terminal_viewers gauge\n\
             baton_terminal_viewers {}\n\
             # HELP baton_terminal_viewers_of_one_run The most connections to one run's terminals.\n\
             # TYPE baton_terminal_viewers_of_one_run gauge\n\
             baton_terminal_viewers_of_one_run {busiest}\n\
             # HELP baton_terminal_viewers_limit How many connections to terminals there may be.\n\
             # TYPE baton_terminal_viewers_limit gauge\n",
            self.all,
        );
        for full in Full::ALL {
            let (per, most) = (full.as_str(), full.most(limits));
            let _ = writeln!(text, "baton_terminal_viewers_limit{{per=\"{per}\"}} {most}");
        }
        text.push_str(
            "# HELP baton_terminal_viewers_refused_total Connections that were refused, by what was full.\n\
             # TYPE baton_terminal_viewers_refused_total counter\n",
        );
        for full in Full::ALL {
            let (per, refused) = (full.as_str(), self.refused[full as usize]);
            let _ = writeln!(
                text,
                "baton_terminal_viewers_refused_total{{per=\"{per}\"}} {refused}"
            );
        }
        text
    }
}

/// What nobody is left of is forgotten.
fn one_less<K, Q>(counts: &mut HashMap<K, usize>, key: &Q)
where
    K: Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
{
    match counts.get_mut(key) {
        Some(here) if *here > 1 => *here -= 1,
        _ => drop(counts.remove(key)),
    }
}

fn of<K, Q>(counts: &HashMap<K, usize>, key: &Q) -> usize
where
    K: Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
{
    counts.get(key).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ViewerLimits = ViewerLimits {
        server: 4,
        run: 3,
        name: 2,
    };

    fn run(n: u128) -> RunId {
        RunId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn name(name: &str) -> Actor {
        name.to_owned().try_into().unwrap()
    }

    #[test]
    fn each_limit_refuses_what_is_beyond_it_and_whoever_leaves_makes_room() {
        let mut crowd = Crowd::default();
        let (anna, bert, carl) = (name("anna"), name("bert"), name("carl"));
        for who in [&anna, &anna, &bert] {
            assert_eq!(crowd.enter(run(1), who, LIMITS), Ok(()));
        }
        assert_eq!(crowd.enter(run(1), &carl, LIMITS), Err(Full::Run));
        assert_eq!(crowd.enter(run(2), &anna, LIMITS), Err(Full::Name));
        assert_eq!(crowd.enter(run(2), &carl, LIMITS), Ok(()));
        assert_eq!(crowd.enter(run(3), &carl, LIMITS), Err(Full::Server));
        crowd.leave(run(1), &anna);
        assert_eq!(crowd.enter(run(1), &carl, LIMITS), Ok(()));
        let told = crowd.text(LIMITS);
        for line in [
            "baton_terminal_viewers 4",
            "baton_terminal_viewers_of_one_run 3",
            "baton_terminal_viewers_limit{per=\"run\"} 3",
            "baton_terminal_viewers_refused_total{per=\"name\"} 1",
        ] {
            assert!(told.lines().any(|told| told == line), "{line}: {told}");
        }
        for (at, who) in [(1, &anna), (1, &bert), (2, &carl), (1, &carl)] {
            crowd.leave(run(at), who);
        }
        assert_eq!((crowd.all, crowd.runs.len(), crowd.names.len()), (0, 0, 0));
    }

    #[test]
    fn a_refusal_names_the_setting_and_what_to_do() {
        let said = Full::ALL.map(|full| full.explain(LIMITS, &name("anna")));
        assert!(
            said[0].contains("BATON_API_MAX_VIEWERS raised"),
            "{}",
            said[0]
        );
        assert!(said[1].starts_with("3 watch this run"), "{}", said[1]);
        assert!(
            said[2].contains("'anna' has 2 terminals open"),
            "{}",
            said[2]
        );
    }
}
