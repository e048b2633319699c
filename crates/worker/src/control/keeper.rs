//! The task around the core: hears what happens, does what the core wants, and notes how things
//! stand. What is said is said before it is noted: at worst it is said twice.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use baton_domain::{
    Clock, RunSpec, WriteEnd,
    spec::{AgentMode, Work as Task},
};
use baton_terminal::{Hold, Remote};
use baton_wire::Offer;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use super::{
    core::{Core, Rules},
    effect::{Effect, InboxLine},
    helm::{Helm, Keeping},
    input::{Input, Used},
    kept::KeptControl,
    state::State,
    work::Work,
};
use crate::{
    artifacts::Shelf,
    git::Git,
    holds::{HeldBy, Holds},
    options::ControlOptions,
    report::Reporter,
    stop::{Stop, StopReason},
    workspace::Workspace,
};

/// What control is kept with.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) helm: Helm,
    pub(crate) workspace: Workspace,
    pub(crate) reporter: Reporter,
    pub(crate) shelf: Shelf,
    pub(crate) holds: Holds,
    pub(crate) stop: Stop,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) git: Git,
}

/// Keeps an attempt's control until the attempt is over. What was wished so far waits in `inputs`.
pub(crate) async fn keep(
    means: Means,
    _keeping: Keeping,
    mut inputs: mpsc::UnboundedReceiver<Input>,
    rules: (Offer, ControlOptions),
) {
    let (offer, options) = rules;
    let mut keeper = Keeper::new(means, &offer, &options);
    keeper.take_up();
    let stop = keeper.means.stop.clone();
    let mut cancelled = false;
    loop {
        let due = keeper.due();
        let input = tokio::select! {
            biased;
            reason = stop.requested(), if !cancelled => {
                cancelled = true;
                match reason {
                    StopReason::Cancelled => Input::Cancelled,
                    _ => continue,
                }
            }
            Some(input) = inputs.recv() => input,
            Some(done) = keeper.tasks.join_next() => match done {
                Ok(Some(input)) => input,
                Ok(None) | Err(_) => continue,
            },
            Ok(()) = keeper.used.changed() => Input::Used(*keeper.used.borrow()),
            () = at(due) => Input::Tick,
        };
        let over = matches!(input, Input::End(_));
        keeper.apply(input);
        if over {
            return;
        }
    }
}

struct Keeper {
    means: Means,
    core: Core,
    /// How long the control had lasted when this keeper began, and when that was.
    began: (Duration, Instant),
    noted: State,
    /// What the agent's host was told last; none when it was told nothing.
    told: Option<Option<Hold>>,
    work: Work,
    tasks: JoinSet<Option<Input>>,
    used: watch::Receiver<Used>,
}

impl Keeper {
    fn new(means: Means, offer: &Offer, options: &ControlOptions) -> Self {
        let kept = KeptControl::read(&means.workspace);
        let lasted = kept.lasted(means.clock.now());
        let spec = RunSpec::try_from(&offer.spec).ok();
        let spec = spec.as_ref();
        let rules = Rules {
            deadline: options.pause_deadline,
            stall: options.stall_after,
            pause_before: spec.map(|s| s.pause_before.clone()).unwrap_or_default(),
            budgets: spec.map(|s| s.budgets.clone()).unwrap_or_default(),
            retried_at: (offer.attempt > baton_domain::Attempt::FIRST).then_some(offer.at),
            seen: seen(&means.workspace, offer),
            has_repository: spec.is_some_and(|spec| spec.checkout.is_some()),
            is_typed_to: spec.is_some_and(has_a_screen),
        };
        let work = Work {
            git: means.git.clone(),
            workspace: means.workspace.clone(),
            helm: means.helm.clone(),
            shelf: means.shelf.clone(),
            redactor: means.reporter.redactor().clone(),
        };
        let mut used = means.reporter.used();
        used.mark_changed();
        Self {
            core: Core::new(rules, kept.state.clone(), lasted, Uuid::now_v7),
            began: (lasted, Instant::now()),
            noted: kept.state,
            told: None,
            work,
            tasks: JoinSet::new(),
            used,
            means,
        }
    }

    /// Goes on where a worker before this one was.
    fn take_up(&mut self) {
        let effects = self.core.take_up();
        self.carry_out(effects);
        self.level();
    }

    fn apply(&mut self, input: Input) {
        if matches!(input, Input::AgentOver) {
            self.told = None;
        }
        // Whatever comes next, what was used before it counts before it.
        if self.used.has_changed().is_ok_and(|changed| changed) {
            let used = *self.used.borrow_and_update();
            self.take(Input::Used(used));
        }
        self.take(input);
        self.level();
        self.note();
    }

    fn take(&mut self, input: Input) {
        let (lasted, since) = self.began;
        let effects = self.core.apply(lasted + since.elapsed(), input);
        self.carry_out(effects);
    }

    fn due(&self) -> Option<Instant> {
        let (lasted, since) = self.began;
        let due = self.core.next_due()?;
        Some(since + due.saturating_sub(lasted))
    }

    /// What holds for as long as it is not otherwise: told whenever it changes.
    fn level(&mut self) {
        if let Some(stage) = self.core.open() {
            self.means.helm.open(stage);
        }
        if let Some(remote) = self.means.helm.remote() {
            let hold = self.core.hold();
            // One that is cancelled is ended where it stands.
            let ends = hold.is_none() && self.core.is_over();
            if self.told.as_ref() != Some(&hold) && !ends {
                remote.hold(hold.clone());
                self.told = Some(hold);
            }
        }
        match self.core.freeze() {
            Some(reason) => self.means.holds.hold(HeldBy::Operator, reason),
            None => self.means.holds.release(HeldBy::Operator),
        }
        self.means.helm.stands(self.core.posture(Instant::now()));
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.do_one(effect);
        }
    }

    fn do_one(&mut self, effect: Effect) {
        match effect {
            Effect::Say(event) => self.means.reporter.say(*event),
            Effect::Inbox(line) => self.write_inbox(&line),
            Effect::Cancel => self.means.stop.request(StopReason::Cancelled),
            Effect::NoteWorkspace(takeover) => {
                let work = self.work.clone();
                self.tasks
                    .spawn(async move { Some(work.note(takeover).await) });
            }
            Effect::HandBack(order) => {
                let work = self.work.clone();
                self.tasks
                    .spawn(async move { Some(work.find_out(&order).await) });
            }
            Effect::CountChanges => {
                let work = self.work.clone();
                self.tasks.spawn(async move { work.count().await });
            }
            // What there is no host for is told when there is one.
            effect => {
                if let Some(remote) = self.means.helm.remote() {
                    to_agent(&remote, effect);
                }
            }
        }
    }

    fn write_inbox(&self, line: &InboxLine) {
        if let Err(error) = self.append_inbox(line) {
            tracing::warn!(%error, "failed to write the run's inbox");
        }
    }

    fn append_inbox(&self, line: &InboxLine) -> io::Result<()> {
        let path = self
            .means
            .workspace
            .record()
            .join("logs/operator_inbox.jsonl");
        let mut text = serde_json::to_value(line)?;
        if let Some(fields) = text.as_object_mut() {
            let at = self.means.clock.now().to_rfc3339();
            fields.insert("at".to_owned(), at.into());
        }
        let text = self.means.reporter.redactor().text(&format!("{text}\n"));
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?;
        file.write_all(text.as_bytes())
    }

    fn note(&mut self) {
        if self.noted == self.core.state {
            return;
        }
        let (lasted, since) = self.began;
        let kept = KeptControl {
            at: Some(self.means.clock.now()),
            now: lasted + since.elapsed(),
            state: self.core.state.clone(),
        };
        match kept.write(&self.means.workspace) {
            Ok(()) => self.noted = kept.state,
            Err(error) => tracing::warn!(%error, "failed to note how the run's control stands"),
        }
    }
}

/// Whether a run's agent shows a screen of its own.
fn has_a_screen(spec: &RunSpec) -> bool {
    let (Task::Codex { mode, .. } | Task::Claude { mode, .. }) = &spec.work else {
        return false;
    };
    *mode == AgentMode::Interactive
}

/// What an agent's host does.
fn to_agent(remote: &Remote, effect: Effect) {
    match effect {
        Effect::Tell(message) => remote.tell(message),
        Effect::TakeBack(message) => remote.take_back(message),
        Effect::Answer(answer) => remote.answer(answer),
        Effect::Show(line) => remote.show(format!("\r\n{line}\r\n"), None),
        Effect::Mark(label) => remote.mark(label),
        Effect::CloseShell => {
            remote.close_gate(WriteEnd::Ended);
            remote.end_shell();
        }
        Effect::Say(_)
        | Effect::Inbox(_)
        | Effect::Cancel
        | Effect::NoteWorkspace(_)
        | Effect::HandBack(_)
        | Effect::CountChanges => {}
    }
}

/// What former attempts' agents have seen: what is on record of all of them, and what this worker
/// noted of its own, which may have been lost on the way there.
fn seen(workspace: &Workspace, offer: &Offer) -> BTreeSet<Uuid> {
    let noted = KeptControl::of_formers(workspace).flat_map(|former| former.seen());
    noted.chain(offer.seen_messages.iter().copied()).collect()
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
