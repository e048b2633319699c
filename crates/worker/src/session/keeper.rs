//! Keeping an attempt's session: from the wish to the end, whichever comes first: an operator's
//! wish, its time limit, its provider's or its run's end. What happens is said as events, and
//! noted for a worker started again.

use std::time::Duration;

use baton_domain::{Generation, SessionStatus, TerminalSize};
use baton_wire::{
    Event,
    event::{
        SessionHealthChanged, SessionHeartbeat, SessionLinks, SessionLinksChanged, SessionOver,
        SessionReady, SessionStarting,
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Broken, Live, News, Over, Place, SessionCommand, Told, Wish, kept::KeptSession, live::Keeping,
    provider::provider,
};
use crate::{report::Reporter, workspace::Workspace};

/// How often a session that is ready says so.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(60);

/// What a session is kept with.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) workspace: Workspace,
    pub(crate) reporter: Reporter,
    pub(crate) live: Live,
    /// Where it is shown; the generation and the host are still to come.
    pub(crate) place: Place,
}

/// Keeps the session until the attempt is over. What was wished so far waits in `wishes`.
pub(crate) async fn keep(
    means: Means,
    _keeping: Keeping,
    mut wishes: mpsc::UnboundedReceiver<SessionCommand>,
    submitted: Option<Wish>,
) {
    let live = means.live.clone();
    let mut keeper = Keeper::new(means);
    keeper.take_up(&mut wishes, submitted).await;
    let mut heartbeats = interval(HEARTBEAT_EVERY);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeats.reset();
    loop {
        tokio::select! {
            biased;
            over = live.over() => return keeper.close(&over).await,
            Some(command) = wishes.recv() => keeper.obey(&command).await,
            Some(told) = keeper.told.recv() => keeper.hear(told),
            Some(ended) = keeper.shown.join_next() => {
                keeper.provider_ended(ended.unwrap_or_else(|_| Err(panicked())));
            }
            () = at(keeper.expires) => keeper.expire().await,
            _ = heartbeats.tick() => keeper.heartbeat(),
        }
    }
}

struct Keeper {
    means: Means,
    kept: KeptSession,
    news: News,
    told: mpsc::Receiver<Told>,
    /// The provider at work.
    shown: JoinSet<Result<(), Broken>>,
    stop: CancellationToken,
    seat: Option<OwnedSemaphorePermit>,
    expires: Option<Instant>,
}

impl Keeper {
    fn new(means: Means) -> Self {
        let (news, told) = mpsc::channel(16);
        Self {
            kept: KeptSession::read(&means.workspace),
            means,
            news,
            told,
            shown: JoinSet::new(),
            stop: CancellationToken::new(),
            seat: None,
            expires: None,
        }
    }

    /// Goes on where a worker before this one was, and does what was wished meanwhile: of wishes
    /// that nobody has heard yet the last one counts.
    async fn take_up(
        &mut self,
        wishes: &mut mpsc::UnboundedReceiver<SessionCommand>,
        submitted: Option<Wish>,
    ) {
        let adopted = self.kept.generation.is_some() || !self.kept.obeyed.is_empty();
        let mut wished = submitted.filter(|_| !adopted);
        let mut revoked = false;
        while let Ok(command) = wishes.try_recv() {
            if self.kept.note(command.id) {
                wished = command.wish;
                revoked = wished.is_none();
            }
        }
        match (self.kept.live.clone(), wished) {
            (Some(_), _) if revoked => self.revoke().await,
            (Some(live), _) => self.go_on(live.wish),
            (None, Some(wish)) => self.begin(wish),
            (None, None) => self.note(),
        }
    }

    async fn obey(&mut self, command: &SessionCommand) {
        if !self.kept.note(command.id) {
            return;
        }
        match (command.wish, self.kept.live.is_some()) {
            (Some(wish), false) => self.begin(wish),
            (None, true) => self.revoke().await,
            // There is one already, or none.
            (Some(_), true) | (None, false) => self.note(),
        }
    }

    fn begin(&mut self, wish: Wish) {
        let generation = self.kept.begin(wish);
        self.say(Event::SessionStarting(SessionStarting {
            generation,
            provider: wish.provider,
            ttl_seconds: wish.ttl_seconds,
        }));
        self.means.live.stands(SessionStatus::Starting);
        self.note();
        self.show(generation, wish);
    }

    /// Shows once more what a worker before this one showed, in the time that is left.
    fn go_on(&mut self, wish: Wish) {
        let Some(generation) = self.kept.generation else {
            return;
        };
        let ready = self.kept.live.as_ref().and_then(|live| live.ready.as_ref());
        let status = if let Some((since, _)) = ready {
            let now = self.means.place.shop.clock.now();
            // Clocks may have been set back meanwhile.
            let gone = now
                .signed_duration_since(since)
                .to_std()
                .unwrap_or_default();
            self.expires = wish
                .ttl()
                .map(|ttl| Instant::now() + ttl.saturating_sub(gone));
            SessionStatus::Ready
        } else {
            SessionStatus::Starting
        };
        self.means.live.stands(status);
        self.note();
        self.show(generation, wish);
    }

    /// Sets the provider to work, as soon as there is something to be seen.
    fn show(&mut self, generation: Generation, wish: Wish) {
        let seats = self.means.place.shop.seats.clone();
        let Ok(seat) = seats.try_acquire_owned() else {
            let most = self.means.place.shop.options.session.most;
            return self.fail(&Broken {
                code: "limit_reached",
                reason: format!(
                    "worker '{}' shows {most} sessions at once, no more: end another one, or set its BATON_WORKER_MAX_SESSIONS higher",
                    self.means.place.shop.options.worker
                ),
            });
        };
        let provider = provider(wish.provider);
        self.seat = Some(seat);
        self.stop = CancellationToken::new();
        let (live, stop, news) = (
            self.means.live.clone(),
            self.stop.clone(),
            self.news.clone(),
        );
        let mut place = self.means.place.clone();
        place.generation = generation;
        self.shown.spawn(async move {
            let Some(host) = stop.run_until_cancelled(live.host()).await else {
                return Ok(());
            };
            place.host = host;
            provider.show(place, news, stop).await
        });
    }

    fn hear(&mut self, told: Told) {
        let (Some(generation), Some(live)) = (self.kept.generation, &mut self.kept.live) else {
            return;
        };
        match told {
            Told::Ready(links) => match &mut live.ready {
                Some((_, known)) if *known == links => {}
                Some((_, known)) => {
                    known.clone_from(&links);
                    let event = SessionLinksChanged { generation, links };
                    self.say(Event::SessionLinksChanged(event));
                    self.note();
                }
                None => self.ready(generation, links),
            },
            // Before, it is starting; why it comes to nothing is told with its end.
            Told::Health(..) if live.ready.is_none() => {}
            Told::Health(health, reason) => {
                let event = SessionHealthChanged {
                    generation,
                    health,
                    reason,
                };
                self.say(Event::SessionHealth(event));
            }
        }
    }

    fn ready(&mut self, generation: Generation, links: SessionLinks) {
        let Some(live) = &mut self.kept.live else {
            return;
        };
        let wish = live.wish;
        live.ready = Some((self.means.place.shop.clock.now(), links.clone()));
        self.expires = wish.ttl().map(|ttl| Instant::now() + ttl);
        self.say(Event::SessionReady(SessionReady {
            generation,
            provider: wish.provider,
            hostname: self.means.place.shop.options.hostname.clone(),
            size: TerminalSize::DEFAULT,
            links,
        }));
        self.means.live.stands(SessionStatus::Ready);
        self.note();
    }

    fn heartbeat(&self) {
        let ready = self.kept.live.as_ref().is_some_and(|l| l.ready.is_some());
        if let Some(generation) = self.kept.generation.filter(|_| ready) {
            self.say(Event::SessionHeartbeat(SessionHeartbeat { generation }));
        }
    }

    fn provider_ended(&mut self, ended: Result<(), Broken>) {
        let broken = match ended {
            Err(broken) => broken,
            Ok(()) => Broken {
                code: "ended_early",
                reason: "the session's provider ended by itself: enable the session again"
                    .to_owned(),
            },
        };
        self.fail(&broken);
    }

    /// The run goes on without a session.
    fn fail(&mut self, broken: &Broken) {
        let run = self.means.place.run;
        tracing::warn!(%run, code = broken.code, reason = broken.reason, "the live session failed");
        if let Some(over) = self.over(broken.code, &broken.reason) {
            self.say(Event::SessionFailed(over));
        }
        self.settle(SessionStatus::Error);
    }

    async fn revoke(&mut self) {
        self.take_down().await;
        if let Some(over) = self.over("operator", "an operator has ended it; the run goes on") {
            self.say(Event::SessionRevoked(over));
        }
        self.settle(SessionStatus::Revoked);
    }

    async fn expire(&mut self) {
        self.take_down().await;
        let reason = "its time was over; the run goes on. Enable the session again to watch on";
        if let Some(over) = self.over("expired", reason) {
            self.say(Event::SessionRevoked(over));
        }
        self.settle(SessionStatus::Revoked);
    }

    /// The attempt is over, or the worker leaves it.
    async fn close(&mut self, over: &Over) {
        self.take_down().await;
        if let Over::Ended { code, reason } = over
            && let Some(over) = self.over(code, reason)
        {
            self.say(Event::SessionEnded(over));
            self.settle(SessionStatus::Ended);
        }
    }

    async fn take_down(&mut self) {
        self.stop.cancel();
        while self.shown.join_next().await.is_some() {}
        // What it has told at last is nothing to anybody.
        while self.told.try_recv().is_ok() {}
    }

    /// How a session that is not over ends.
    fn over(&self, code: &str, reason: &str) -> Option<SessionOver> {
        let generation = self.kept.generation?;
        self.kept.live.is_some().then(|| SessionOver {
            generation,
            code: code.to_owned(),
            reason: reason.to_owned(),
        })
    }

    /// Nothing is left of it.
    fn settle(&mut self, status: SessionStatus) {
        self.means.live.stands(status);
        self.kept.live = None;
        self.seat = None;
        self.expires = None;
        self.stop.cancel();
        self.note();
    }

    fn say(&self, event: Event) {
        self.means.reporter.say(event);
    }

    /// Notes how things are, after it was said: what is not noted is said twice at worst.
    fn note(&self) {
        if let Err(error) = self.kept.write(&self.means.workspace) {
            let run = self.means.place.run;
            tracing::warn!(%run, %error, "failed to note how the live session stands");
        }
    }
}

fn panicked() -> Broken {
    Broken {
        code: "worker_fault",
        reason: "the session's provider panicked: report it, with the worker's log".to_owned(),
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
