//! The last word of an attempt, and what is left of it on the disk.

use std::time::Duration;

use baton_wire::Event;
use tokio::time::timeout;

use super::Attempt;
use crate::{
    Ending,
    control::End,
    lease::Stepped,
    stop::{Interrupted, StopReason},
    workspace::State,
};

/// How long a worker that leaves waits for the broker to take its last words.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

impl Attempt {
    /// Says how the attempt ended, or gives it back.
    pub(super) async fn conclude(&self, result: Result<String, Interrupted>) -> Ending {
        let run = self.offer.run;
        match self.verdict(result) {
            Ok(summary) => {
                self.end_control(End::Finally).await;
                self.end_session("finished", "the run succeeded").await;
                self.say_last(Event::Succeeded { summary }).await;
                Ending::Succeeded
            }
            Err(Interrupted::Failed(mut failure)) => {
                failure.message = self.reporter.redactor().text(&failure.message);
                tracing::warn!(%run, code = %failure.code, message = failure.message, "the attempt failed");
                self.leave_record().await;
                self.tell_workspace();
                self.end_control(match failure.retryable {
                    true => End::ForNow,
                    false => End::Finally,
                })
                .await;
                self.end_session("failed", "the attempt failed").await;
                self.say_last(failure.into()).await;
                Ending::Failed
            }
            Err(Interrupted::Stopped(StopReason::Cancelled)) => {
                self.cancelling.finish(&self.stop, &self.reporter);
                self.leave_record().await;
                self.end_control(End::Finally).await;
                self.end_session("cancelled", "the run was cancelled").await;
                self.say_last(Event::Cancelled).await;
                Ending::Cancelled
            }
            Err(Interrupted::Stopped(StopReason::Leave)) => {
                tracing::info!(%run, "left an attempt to the next worker in this folder");
                self.leave_session().await;
                // What is not heard is said by the next one.
                let _ = timeout(LAST_WORDS_WITHIN, self.reporter.flushed()).await;
                Ending::GivenUp
            }
            Err(Interrupted::Stopped(StopReason::HandBack(reason))) => {
                self.end_control(End::ForNow).await;
                self.end_session("handed_back", "the worker gave the run back")
                    .await;
                self.hand_back(&reason).await;
                Ending::GivenUp
            }
            Err(Interrupted::Stopped(StopReason::Fenced)) => {
                tracing::warn!(%run, "the attempt is over: its lease is no longer held");
                self.leave_session().await;
                self.close();
                Ending::GivenUp
            }
        }
    }

    /// What was asked for meanwhile explains a failure better than the failure itself, and a
    /// success that nobody may report is none.
    fn verdict(&self, result: Result<String, Interrupted>) -> Result<String, Interrupted> {
        match (result, self.stop.reason()) {
            (Err(_), Some(reason)) => Err(Interrupted::Stopped(reason)),
            (Ok(_), Some(StopReason::Fenced)) => Err(Interrupted::Stopped(StopReason::Fenced)),
            (result, _) => result,
        }
    }

    /// Where a person finds what a failed attempt has left.
    fn tell_workspace(&self) {
        let options = &self.shop.options;
        let started = self.start.get().is_some();
        if started && options.keep_workspaces > 0 {
            let message = format!(
                "the attempt's workspace is kept on worker '{}' ({}) in '{}', until {} other attempts have ended there",
                options.worker,
                options.hostname,
                self.workspace.root().display(),
                options.keep_workspaces
            );
            self.reporter.say(Event::Warning { message });
        }
    }

    async fn say_last(&self, event: Event) {
        self.log.finish();
        self.reporter.say(event);
        let heard = tokio::select! {
            () = self.reporter.flushed() => true,
            reason = self.stop.urgent() => match reason {
                StopReason::Fenced => true,
                _ => timeout(LAST_WORDS_WITHIN, self.reporter.flushed()).await.is_ok(),
            },
        };
        // Unheard, it is said by the next worker in this folder.
        if heard {
            self.close();
        }
    }

    async fn hand_back(&self, reason: &str) {
        self.log.finish();
        let (run, attempt) = (self.offer.run, self.offer.attempt);
        if timeout(LAST_WORDS_WITHIN, self.reporter.flushed())
            .await
            .is_err()
        {
            tracing::warn!(%run, "left before the broker had every report");
        }
        let lease = self.state.lease_position;
        match self.shop.leases.release(run, attempt, lease, reason).await {
            Stepped::Done(_) | Stepped::Fenced => self.close(),
            // The next worker in this folder releases it, or the supervisor misses it.
            Stepped::Unclear(error) => {
                tracing::warn!(%run, %error, "failed to give the run back");
            }
        }
    }

    /// Nothing is held and nothing is left to be said.
    fn close(&self) {
        let state = State {
            over: true,
            ..self.state.clone()
        };
        self.workspace.forget_host();
        if let Err(error) = self.workspace.write_state(&state) {
            tracing::warn!(run = %self.offer.run, %error, "failed to note the end of an attempt");
        }
    }
}
