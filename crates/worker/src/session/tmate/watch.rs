//! Looking after a session whose relay has given links: what the client says, and whether both still
//! answer, since no variable of tmate ever turns false.

use std::net::SocketAddr;

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Failed, News, Showing,
    client::{Client, Line, Questions},
    judge::{Judge, Sign},
    links::{self, Links},
    reach, tell,
};
use crate::options::{TmatePatience, TmateRelayOptions};

/// Says what changes; returns only when the relay is given up.
pub(super) async fn watch(
    showing: &Showing,
    (relay, address): (&TmateRelayOptions, SocketAddr),
    client: &mut Client,
    links: Links,
    news: &News,
) -> Result<(), Failed> {
    let patience = &showing.options.patience;
    let (nudge, (say, mut looks)) = (Notify::new(), mpsc::channel(1));
    let mut judge = Judge::new(links, patience.lost);
    let judging = async {
        loop {
            let sign = tokio::select! {
                line = client.lines.recv() => match line.unwrap_or(Line::Ended) {
                    Line::Lost => Sign::Lost,
                    Line::Linked => {
                        nudge.notify_one();
                        Sign::Linked
                    }
                    Line::Ended => return Failed::ClientEnded,
                    line => match Failed::for_good(relay, line) {
                        Some(failed) => return failed,
                        None => continue,
                    },
                },
                Some(sign) = looks.recv() => sign,
                why = over(&judge) => return Failed::lost(relay, &why),
            };
            for what in judge.hear(sign, Instant::now(), |links| links.sealed(showing)) {
                tell(news, what).await;
            }
        }
    };
    let questions = client.questions.clone();
    tokio::select! {
        failed = judging => Err(failed),
        never = look(&questions, address, patience, &nudge, &say) => match never {},
    }
}

/// Waits until the relay was away for too long.
async fn over(judge: &Judge) -> String {
    match judge.deadline() {
        Some((deadline, why)) => {
            sleep_until(deadline).await;
            why.to_owned()
        }
        None => std::future::pending().await,
    }
}

/// Looks at client and relay every now and then, and when it is nudged.
async fn look(
    questions: &Questions,
    relay: SocketAddr,
    patience: &TmatePatience,
    nudge: &Notify,
    say: &mpsc::Sender<Sign>,
) -> std::convert::Infallible {
    let mut tick = interval(patience.poll);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, and everything was just seen.
    tick.tick().await;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = nudge.notified() => {}
        }
        let deadline = Instant::now() + patience.reach;
        let (answer, reached) = tokio::join!(links::ask(questions), reach::probe(relay, deadline));
        let sign = match (answer, reached) {
            (_, Err(why)) => Sign::Silent(why.to_string()),
            (Err(_), Ok(())) => Sign::Silent("the tmate client hangs".to_owned()),
            (Ok(links), Ok(())) => match links.whole() {
                Some(links) => Sign::Answers(links),
                None => Sign::Silent("the tmate client has no links".to_owned()),
            },
        };
        let _ = say.send(sign).await;
    }
}
