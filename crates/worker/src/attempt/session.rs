//! The attempt's live session: begun when it is known what was wished, and ended with the attempt.

use baton_domain::{Generation, RunSpec};

use super::{Attempt, Companions};
use crate::{
    environment,
    session::{self, Means, Over, Place, Wish},
};

impl Attempt {
    /// Has the session kept from here on.
    pub(super) fn keep_session(&self, companions: &mut Companions) {
        let Some(wishes) = self.wishes.lock().ok().and_then(|mut wishes| wishes.take()) else {
            return;
        };
        let submitted = RunSpec::try_from(&self.offer.spec).ok();
        let means = Means {
            workspace: self.workspace.clone(),
            reporter: self.reporter.clone(),
            live: self.live.clone(),
            place: self.place(),
        };
        let submitted = submitted.as_ref().and_then(Wish::of_spec);
        // Before anything else is waited for: whoever closes it finds it.
        let keeping = self.live.keeping();
        companions.spawn(session::keep(means, keeping, wishes, submitted));
    }

    /// Ends the session before the attempt's last word.
    pub(super) async fn end_session(&self, code: &'static str, reason: &'static str) {
        self.live.close(Over::Ended { code, reason }).await;
    }

    /// Leaves the session to the next worker in this folder, or to nobody.
    pub(super) async fn leave_session(&self) {
        self.live.close(Over::Silently).await;
    }

    fn place(&self) -> Place {
        let options = &self.shop.options;
        Place {
            run: self.offer.run,
            attempt: self.offer.attempt,
            generation: Generation::FIRST,
            host: self.workspace.host(),
            folder: self.workspace.session(),
            log: self.workspace.record().join("logs/agent.log"),
            environment: environment::for_agent(&options.environment, &options.pass_environment),
            shop: self.shop.clone(),
        }
    }
}
