//! What can be done with the token of one worker to a run that another holds: nothing.

use std::time::Duration;

use async_nats::{Client, Request};
use baton_bus::{Bus, Connection, Fence};
use baton_domain::{Attempt, Position, RunId, TerminalName};
use baton_wire::{Filter, Frame, Inquiry, LeaseStep, Subject, TerminalMessage};
use futures::{FutureExt as _, StreamExt as _};
use serde_json::json;

use crate::{
    guarded::Guarded,
    house::{command, held, offer, report, run, soon, step, take, worker},
};

/// A run that w1 holds, and w2's token in the wrong hands.
struct Theft {
    house: Guarded,
    holder: Bus,
    thief: Client,
    /// The run's subject, without its last part.
    run: String,
    lease: Position,
}

impl Theft {
    async fn start() -> Self {
        let house = Guarded::start().await;
        offer(&house.api, 1, 1, Position::START).await;
        command(&house.api, 1, 7).await.expect("a command");
        let (_, first) = house.token("w1").await;
        let (_, second) = house.token("w2").await;
        let holder = house.worker("w1", &first).await;
        let lease = take(&holder, 1, "w1", Position::START).await;
        // The desk is there when it answers.
        let none = Inquiry { runs: vec![] };
        while holder.stand(&worker("w1"), &none).await.is_err() {
            tokio::task::yield_now().await;
        }
        let thief = house.thief("w2", &second).await;
        Self {
            holder,
            thief,
            run: of(run(1)),
            lease: lease.expect("the lease"),
            house,
        }
    }

    /// Everything about the run, by position.
    async fn log(&self) -> Vec<String> {
        let mut at = Position::START;
        let mut subjects = Vec::new();
        while let Some(next) = self
            .house
            .api
            .get_next(&Filter::AllRuns, at)
            .await
            .expect("the log")
        {
            at = next.position;
            subjects.push(next.subject);
        }
        subjects
    }

    /// Nobody answers, and nothing happens.
    async fn is_refused(&self, subject: String) {
        let body = json!({"seq": 1, "last_by_subj": "baton.v1.run.>"}).to_string();
        let answer = self.thief.request(subject.clone(), body.into()).await;
        assert!(answer.is_err(), "{subject}: {answer:?}");
    }

    /// What the thief does has arrived when this has: the broker reads a connection in order.
    async fn settle(&self) {
        self.thief.flush().await.expect("a connection");
        let asked = json!({"runs": []}).to_string();
        // One that is answered has time.
        let asked = Request::new()
            .payload(asked.into())
            .timeout(Some(Duration::from_secs(60)));
        let asked = self.thief.send_request("baton.v1.desk.w2", asked);
        asked.await.expect("an answer");
    }

    /// `<shard>.<run>`.
    fn of_terminals(&self) -> String {
        format!("{}.{}", run(1).shard(), run(1))
    }

    /// The holder shows something in the run's terminal, which is seen; something is typed, which
    /// it hears.
    async fn use_terminal(&self) {
        let (api, holder) = (&self.house.api, &self.holder);
        let (w1, agent) = (worker("w1"), TerminalName::Agent);
        let message = TerminalMessage {
            attempt: Attempt::FIRST,
            epoch: 7,
            frames: vec![Frame::Output {
                offset: 0,
                bytes: "shown".into(),
            }],
        };
        let subject = Subject::TerminalOutput {
            run: run(1),
            terminal: agent,
            worker: w1.clone(),
        };
        let sent = holder.publish_terminal(&subject, message.encode());
        sent.expect("the client takes it");
        let mut feed = api.terminal_feed(run(1), agent, &w1).await.expect("a feed");
        let shown = soon(feed.next()).await.expect("it was shown");
        assert_eq!(shown.frame, message.frames[0]);
        let kept = api.recording(run(1), agent).map(|kept| kept.expect("kept"));
        let kept: Vec<_> = soon(kept.collect()).await;
        assert!(
            kept.iter().any(|kept| kept.frames == message.frames),
            "{kept:?}"
        );

        let mut inputs = holder.inputs(&w1).await.expect("a stream");
        holder
            .stand(&w1, &Inquiry { runs: vec![] })
            .await
            .expect("an answer");
        let typed = api.type_in(&w1, run(1), agent, &message).await;
        typed.expect("the client takes it");
        assert_eq!(
            soon(inputs.next()).await.expect("it was typed").message,
            message
        );
    }

    /// The holder notices nothing.
    async fn holder_goes_on(&self, seq: u64) {
        let fence = Fence::of_holder(self.lease, Some(Position::START));
        let said = report(&self.holder, 1, "w1", seq, fence).await;
        assert!(said.is_ok(), "{said:?}");
        let inquiry = Inquiry {
            runs: vec![held(1, self.lease)],
        };
        let standing = soon(self.holder.stand(&worker("w1"), &inquiry)).await;
        let standing = standing.expect("an answer").remove(0);
        assert!(standing.held, "{standing:?}");
        assert_eq!(standing.commands.len(), 1);
        assert_eq!(*self.holder.connection().borrow(), Connection::Up);
    }
}

fn of(run: RunId) -> String {
    let subject = Subject::Control { run }.to_string();
    subject.trim_end_matches(".ctl").to_owned()
}

// W-11, B-01, B-05
#[tokio::test]
async fn a_stolen_worker_token_says_nothing_under_another_name() {
    let theft = Theft::start().await;
    let before = theft.log().await;
    let run = &theft.run;
    for subject in [
        format!("{run}.evt.w1"),
        format!("{run}.lease.w1"),
        format!("{run}.lease.supervisor"),
        format!("{run}.ctl"),
        format!("{run}.offer.default_command.high"),
        "baton.v1.beat.w1".to_owned(),
        "baton.v1.desk.w1".to_owned(),
        "baton.v1.worker.w1.control".to_owned(),
        "baton.v1.worker.w1.gate".to_owned(),
        format!("baton.v1.worker.w1.input.{}.agent", theft.of_terminals()),
        format!("baton.v1.term.{}.agent.out.w1", theft.of_terminals()),
        format!("baton.v1.term.{}.agent.key.w1", theft.of_terminals()),
        format!("{run}.grant"),
        "baton.v1.hint.default_command.high".to_owned(),
        "baton.v1.fleet.drain.fleet".to_owned(),
        "$SYS.REQ.USER.AUTH".to_owned(),
    ] {
        theft.is_refused(subject).await;
    }
    for request in [
        "STREAM.PURGE.RUNS".to_owned(),
        "STREAM.INFO.RUNS".to_owned(),
        "STREAM.MSG.GET.RUNS".to_owned(),
        "CONSUMER.DELETE.RUNS.recorder".to_owned(),
        "CONSUMER.MSG.NEXT.RUNS.recorder".to_owned(),
        "CONSUMER.INFO.RUNS.recorder".to_owned(),
        "CONSUMER.CREATE.RUNS".to_owned(),
        format!("CONSUMER.CREATE.RUNS.thief.{run}.>"),
        "DIRECT.GET.RUNS".to_owned(),
        format!("DIRECT.GET.RUNS.{run}.ctl"),
        format!("DIRECT.GET.RUNS.{run}.grant"),
        "DIRECT.GET.TERM".to_owned(),
        "DIRECT.GET.TERM_KEYS".to_owned(),
        "STREAM.INFO.TERM".to_owned(),
        "STREAM.PURGE.TERM".to_owned(),
        "CONSUMER.CREATE.TERM".to_owned(),
        format!("DIRECT.GET.RUNS.{run}.evt.w1"),
        format!("DIRECT.GET.RUNS.{run}.offer.default_command.normal"),
    ] {
        for prefix in ["$JS.API", "baton.v1.js"] {
            theft.is_refused(format!("{prefix}.{request}")).await;
        }
    }
    assert_eq!(theft.log().await, before);
    theft.holder_goes_on(1).await;
}

// W-11, B-01, B-05
#[tokio::test]
async fn a_stolen_worker_token_hears_nothing_that_is_not_its_own() {
    let theft = Theft::start().await;
    let mut heard = Vec::new();
    for subject in [
        ">",
        "*.v1.>",
        "baton.v1.run.>",
        "baton.v1.beat.*",
        "baton.v1.desk.*",
        "baton.v1.worker.w1.>",
        "baton.v1.worker.*.control",
        "baton.v1.worker.*.gate",
        "baton.v1.worker.*.input.>",
        "baton.v1.worker.w1.input.>",
        "baton.v1.term.>",
        "baton.v1.term.*.*.*.out.w1",
        "_INBOX.>",
        "_INBOX.baton-worker.w1.>",
        "_INBOX.baton-api.>",
        "_R_.>",
        "$JS.ACK.>",
        "$SYS.>",
    ] {
        heard.push(theft.thief.subscribe(subject).await.expect("a stream"));
    }
    heard.push(
        theft
            .thief
            .queue_subscribe("baton.v1.worker.w1.control", "q".to_owned())
            .await
            .expect("a stream"),
    );
    theft.settle().await;
    command(&theft.house.api, 1, 8).await.expect("a command");
    let wish = crate::house::cancel(1, 9);
    theft
        .house
        .api
        .steer(&worker("w1"), &wish)
        .await
        .expect("a command");
    let fence = Fence::of_holder(theft.lease, Some(Position::START));
    report(&theft.holder, 1, "w1", 1, fence)
        .await
        .expect("a report");
    theft.use_terminal().await;
    theft.settle().await;
    for mut heard in heard {
        let message = heard.next().now_or_never().flatten();
        assert!(message.is_none(), "{message:?}");
    }
}

// W-11, B-01
#[tokio::test]
async fn a_stolen_worker_token_has_the_broker_say_nothing_in_its_place() {
    let theft = Theft::start().await;
    let run = &theft.run;
    let own = format!("{run}.evt.w2");
    // Its own subject it may fill as it likes.
    theft
        .thief
        .publish(own.clone(), "junk".into())
        .await
        .unwrap();
    theft.settle().await;
    let before = theft.log().await;
    assert_eq!(before.last(), Some(&own));

    // The broker answers, under its own permissions, to wherever it is told to.
    let questions = [
        format!("baton.v1.js.DIRECT.GET.RUNS.{own}"),
        format!("baton.v1.js.DIRECT.GET.RUNS.{run}.lease.w2"),
        "baton.v1.js.CONSUMER.NAMES.RUNS".to_owned(),
        "baton.v1.js.CONSUMER.INFO.RUNS.offer-default_command-normal".to_owned(),
        "baton.v1.js.CONSUMER.MSG.NEXT.RUNS.offer-default_command-normal".to_owned(),
        "baton.v1.js.CONSUMER.MSG.NEXT.RUNS.offer-default_command-high".to_owned(),
        "baton.v1.desk.w2".to_owned(),
        // Kept without an acknowledgement: there is nothing to turn elsewhere.
        format!("baton.v1.term.{}.agent.out.w2", theft.of_terminals()),
    ];
    let targets = [
        format!("{run}.lease.supervisor"),
        format!("{run}.ctl"),
        format!("{run}.evt.w1"),
        format!("{run}.lease.w1"),
        "baton.v1.beat.w1".to_owned(),
        "baton.v1.worker.w1.control".to_owned(),
        format!("baton.v1.worker.w1.input.{}.agent", theft.of_terminals()),
        format!("baton.v1.term.{}.agent.out.w1", theft.of_terminals()),
        "baton.v1.fleet.drain.fleet".to_owned(),
    ];
    let mut acks = 0;
    for target in &targets {
        for question in &questions {
            let body = json!({"batch": 1, "no_wait": true, "runs": []}).to_string();
            let said =
                theft
                    .thief
                    .publish_with_reply(question.clone(), target.clone(), body.into());
            said.await.unwrap();
        }
        let said = theft
            .thief
            .publish_with_reply(own.clone(), target.clone(), "junk".into());
        said.await.unwrap();
        acks += 1;
    }
    theft.settle().await;
    let after = theft.log().await;
    let added = &after[before.len()..];
    // The junk itself, and not one answer.
    assert_eq!(added.len(), acks, "{added:?}");
    assert!(added.iter().all(|subject| *subject == own), "{added:?}");
    theft.holder_goes_on(1).await;
}

// W-11
#[tokio::test]
async fn a_stolen_worker_token_takes_no_run_away_and_learns_nothing_of_it() {
    let theft = Theft::start().await;
    let (_, token) = theft.house.token("w2").await;
    let other = theft.house.worker("w2", &token).await;
    // On its own subjects, with the right fence and without.
    let taken = take(&other, 1, "w2", theft.lease).await.expect("stored");
    for junk in [LeaseStep::Released, LeaseStep::Lost] {
        let said = ("w2", "w1");
        step(&other, 1, said, (1, junk), Fence::None)
            .await
            .expect("stored");
    }
    report(&other, 1, "w2", 1, Fence::None)
        .await
        .expect("stored");
    for (who, lease) in [("w2", taken), ("w2", theft.lease)] {
        let inquiry = Inquiry {
            runs: vec![held(1, lease)],
        };
        let standing = soon(other.stand(&worker(who), &inquiry)).await;
        let standing = standing.expect("an answer").remove(0);
        assert!(!standing.held, "{standing:?}");
        assert_eq!(standing.commands, []);
    }
    theft.holder_goes_on(1).await;
    // The one who may take it away still can.
    let at = theft.house.api.get_last(&Filter::Leases(run(1))).await;
    let at = at.expect("an answer").expect("a lease").position;
    let fence = Fence::Expect { position: at };
    let said = ("supervisor", "w1");
    step(
        &theft.house.supervisor,
        1,
        said,
        (1, LeaseStep::Lost),
        fence,
    )
    .await
    .expect("the supervisor is heard");
    let fence = Fence::of_holder(theft.lease, Some(Position::START));
    let late = report(&theft.holder, 1, "w1", 2, fence).await;
    assert!(
        matches!(late, Err(baton_bus::PublishError::Fenced)),
        "{late:?}"
    );
}

/// The broker's own limit on a permission's memory is not met by many denials.
#[tokio::test]
async fn a_worker_that_is_denied_something_goes_on() {
    let theft = Theft::start().await;
    for _ in 0..200 {
        let said = theft.thief.publish("baton.v1.beat.w1", "junk".into());
        said.await.unwrap();
    }
    theft.settle().await;
    soon(theft.holder_goes_on(1)).await;
}
