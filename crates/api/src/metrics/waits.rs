//! How long wishes take: from the moment that this server takes one until its worker holds it, and
//! until it has had its effect. Both by this server's own clock, so that no two clocks are compared;
//! a wish counts at the server that took it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use baton_domain::RunId;
use baton_wire::{ControlMessage, http::EventRecord};
use tokio::time::Instant;
use uuid::Uuid;

/// The upper bounds of the buckets, in milliseconds.
const BOUNDS: [u64; 14] = [
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
];

/// The most wishes that are waited for; beyond, the oldest are not counted.
const MOST: usize = 10_000;

/// The waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pending: HashMap<Uuid, Pending>,
    /// The same, the oldest first.
    by_age: BTreeSet<(Instant, Uuid)>,
    /// By action and phase.
    counted: BTreeMap<(&'static str, Phase), Histogram>,
}

/// A wish that has not had its effect.
#[derive(Debug)]
struct Pending {
    run: RunId,
    action: &'static str,
    asked: Instant,
    is_delivered: bool,
}

/// How far a wish has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Delivered,
    Effective,
}

#[derive(Debug, Default)]
struct Histogram {
    /// Waits up to each bound and above the one before.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl Waits {
    /// Begins to wait for a wish that was asked for at this moment and is kept by now.
    pub(crate) fn begin(&self, wish: &ControlMessage, asked: Instant) {
        let mut state = self.lock();
        state.remove(wish.id);
        if state.pending.len() >= MOST
            && let Some((_, oldest)) = state.by_age.first().copied()
        {
            state.remove(oldest);
        }
        let pending = Pending {
            run: wish.run,
            action: wish.command.action(),
            asked,
            is_delivered: false,
        };
        state.by_age.insert((asked, wish.id));
        state.pending.insert(wish.id, pending);
    }

    /// Hears what is said of a run, and notes what of it was waited for.
    pub(crate) fn hear(&self, records: &[EventRecord]) {
        let mut state = self.lock();
        if state.pending.is_empty() {
            return;
        }
        let now = Instant::now();
        for record in records {
            state.hear(record, now);
        }
    }

    /// The histograms as Prometheus reads them.
    pub(crate) fn write(&self, text: &mut String) {
        let phases = [
            (Phase::Delivered, "its worker holds it"),
            (Phase::Effective, "it has had its effect"),
        ];
        for (phase, until) in phases {
            let name = phase.metric();
            let _ = writeln!(
                text,
                "# HELP {name} Time from a wish about a run that was taken here until {until}, by \
                 action.\n# TYPE {name} histogram"
            );
            let state = self.lock();
            let of_phase = state.counted.iter().filter(|((_, of), _)| *of == phase);
            for ((action, _), histogram) in of_phase {
                histogram.write(text, name, action);
            }
        }
    }

    /// A panic elsewhere leaves maps that are still maps.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hear(&mut self, record: &EventRecord, now: Instant) {
        // Only workers number what they say.
        if record.seq.is_none() {
            return;
        }
        let command = |field: &str| record.data.get(field)?.as_str()?.parse().ok();
        match record.kind.as_str() {
            "control_delivered" => {
                let Some(id) = command("command") else { return };
                self.delivered(id, now);
                if record.data.get("refused").is_some() {
                    self.remove(id);
                }
            }
            "paused"
            | "resumed"
            | "takeover_began"
            | "takeover_ended"
            | "message_dropped"
            | "operator_not_needed"
            | "budget_raised" => {
                // A cancel lets a run go on before it ends it.
                if let Some(id) = command("command").filter(|id| !self.is_cancel(*id)) {
                    self.effective(id, now);
                }
            }
            "message_delivered" => {
                if let Some(id) = command("message") {
                    self.effective(id, now);
                }
            }
            "cancelled" => self.ended(record.run_id, now),
            _ => {}
        }
    }

    fn remove(&mut self, id: Uuid) -> Option<Pending> {
        let wish = self.pending.remove(&id)?;
        self.by_age.remove(&(wish.asked, id));
        Some(wish)
    }

    fn is_cancel(&self, id: Uuid) -> bool {
        self.pending.get(&id).is_some_and(Pending::is_cancel)
    }

    fn delivered(&mut self, id: Uuid, now: Instant) {
        let Some(wish) = self.pending.get_mut(&id) else {
            return;
        };
        if !std::mem::replace(&mut wish.is_delivered, true) {
            let (action, took) = (wish.action, now - wish.asked);
            self.count(action, Phase::Delivered, took);
        }
    }

    fn effective(&mut self, id: Uuid, now: Instant) {
        if let Some(wish) = self.remove(id) {
            self.count(wish.action, Phase::Effective, now - wish.asked);
        }
    }

    /// The run's worker has ended it as was wished.
    fn ended(&mut self, run: RunId, now: Instant) {
        let pending = self.pending.iter();
        let cancels = pending.filter(|(_, wish)| wish.run == run && wish.is_cancel());
        let cancels: Vec<Uuid> = cancels.map(|(id, _)| *id).collect();
        for id in cancels {
            self.effective(id, now);
        }
    }

    fn count(&mut self, action: &'static str, phase: Phase, took: Duration) {
        self.counted.entry((action, phase)).or_default().count(took);
    }
}

impl Pending {
    fn is_cancel(&self) -> bool {
        self.action == "cancel"
    }
}

impl Phase {
    const fn metric(self) -> &'static str {
        match self {
            Self::Delivered => "baton_control_delivered_seconds",
            Self::Effective => "baton_control_effective_seconds",
        }
    }
}

impl Histogram {
    fn count(&mut self, took: Duration) {
        let fits = |bound: &u64| took <= Duration::from_millis(*bound);
        if let Some(bucket) = BOUNDS.iter().position(fits) {
            self.buckets[bucket] += 1;
        }
        self.count += 1;
        self.sum += took;
    }

    fn write(&self, text: &mut String, name: &str, action: &str) {
        let mut below = 0;
        for (bound, bucket) in BOUNDS.iter().zip(self.buckets) {
            below += bucket;
            let bound = Duration::from_millis(*bound).as_secs_f64();
            let _ = writeln!(
                text,
                "{name}_bucket{{action=\"{action}\",le=\"{bound}\"}} {below}"
            );
        }
        let (count, sum) = (self.count, self.sum.as_secs_f64());
        let _ = writeln!(
            text,
            "{name}_bucket{{action=\"{action}\",le=\"+Inf\"}} {count}\n\
             {name}_sum{{action=\"{action}\"}} {sum}\n\
             {name}_count{{action=\"{action}\"}} {count}"
        );
    }
}

#[cfg(test)]
mod tests {
    use baton_wire::ControlCommand;
    use serde_json::json;

    use super::*;

    fn wish(id: u128, command: ControlCommand) -> ControlMessage {
        ControlMessage {
            run: RunId::from_uuid(Uuid::from_u128(1)),
            id: Uuid::from_u128(id),
            actor: "anna".to_owned().try_into().expect("an actor"),
            at: chrono::DateTime::UNIX_EPOCH,
            command,
        }
    }

    fn said(kind: &str, data: serde_json::Value) -> [EventRecord; 1] {
        [EventRecord {
            position: 7,
            index: 0,
            run_id: RunId::from_uuid(Uuid::from_u128(1)),
            attempt: Some(1),
            seq: Some(1),
            source: "worker-1".to_owned(),
            kind: kind.to_owned(),
            at: chrono::DateTime::UNIX_EPOCH,
            effective: None,
            refusal: None,
            data,
        }]
    }

    fn lines(waits: &Waits) -> Vec<String> {
        let mut text = String::new();
        waits.write(&mut text);
        let counts = text.lines().filter(|line| line.contains("_count"));
        counts.map(str::to_owned).collect()
    }

    // H-05 H-09
    #[test]
    fn a_wish_is_counted_once_when_it_is_held_and_once_when_it_has_its_effect() {
        let waits = Waits::default();
        let resume = wish(2, ControlCommand::Resume { note: None });
        waits.begin(&resume, Instant::now());
        let held = said("control_delivered", json!({"command": resume.id}));
        let done = said("resumed", json!({"command": resume.id}));
        for heard in [&held, &held, &done, &done] {
            waits.hear(heard);
        }
        assert_eq!(
            lines(&waits),
            [
                "baton_control_delivered_seconds_count{action=\"resume\"} 1",
                "baton_control_effective_seconds_count{action=\"resume\"} 1",
            ]
        );
    }

    #[test]
    fn a_cancel_has_its_effect_when_the_run_has_ended_and_what_is_refused_has_none() {
        let waits = Waits::default();
        let cancel = wish(2, ControlCommand::Cancel { note: None });
        let resume = wish(3, ControlCommand::Resume { note: None });
        waits.begin(&cancel, Instant::now());
        waits.begin(&resume, Instant::now());
        waits.hear(&said(
            "control_delivered",
            json!({"command": resume.id, "refused": "nothing holds it"}),
        ));
        waits.hear(&said("resumed", json!({"command": cancel.id})));
        assert_eq!(
            lines(&waits),
            ["baton_control_delivered_seconds_count{action=\"resume\"} 1"]
        );
        waits.hear(&said("cancelled", json!({})));
        assert_eq!(
            lines(&waits)[1..],
            ["baton_control_effective_seconds_count{action=\"cancel\"} 1"]
        );
        assert!(waits.lock().pending.is_empty() && waits.lock().by_age.is_empty());
    }

    #[test]
    fn when_too_many_wait_the_oldest_is_forgotten() {
        let (waits, first) = (Waits::default(), Instant::now());
        let most = u128::try_from(MOST).expect("a number");
        for n in 1..=most + 1 {
            // The first that comes is not the oldest.
            let age = if n == 2 { 0 } else { 1 };
            let resume = wish(n, ControlCommand::Resume { note: None });
            waits.begin(&resume, first + Duration::from_millis(age));
        }
        let state = waits.lock();
        assert_eq!((state.pending.len(), state.by_age.len()), (MOST, MOST));
        assert!(!state.pending.contains_key(&Uuid::from_u128(2)));
        assert!(state.pending.contains_key(&Uuid::from_u128(1)));
    }

    #[test]
    fn a_wait_is_in_its_bucket_and_in_all_above() {
        let mut histogram = Histogram::default();
        for millis in [5, 6, 400_000] {
            histogram.count(Duration::from_millis(millis));
        }
        let mut text = String::new();
        histogram.write(&mut text, "m", "pause");
        for line in [
            "m_bucket{action=\"pause\",le=\"0.005\"} 1\n",
            "m_bucket{action=\"pause\",le=\"0.01\"} 2\n",
            "m_bucket{action=\"pause\",le=\"300\"} 2\n",
            "m_bucket{action=\"pause\",le=\"+Inf\"} 3\n",
            "m_count{action=\"pause\"} 3\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
