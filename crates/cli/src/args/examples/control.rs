//! Examples of what is done with running agents.

pub(crate) const PAUSE: &str = "\
Examples:
  baton runs pause 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'let me look' --wait
  baton runs pause 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --hard
  baton runs pause 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --deadline 2m --resume-after 1h";

pub(crate) const RESUME: &str = "\
Examples:
  baton runs resume 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'looks right'";

pub(crate) const TAKEOVER: &str = "\
Once it is yours, work in the run's workspace, and hand it back:
  baton attach RUN --terminal shell --write --reason '…'
  baton runs hand-back RUN --summary '…'

Examples:
  baton runs takeover 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'the migration is stuck' --wait
  baton runs takeover 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --expires-after 2h";

pub(crate) const HAND_BACK: &str = "\
Examples:
  baton runs hand-back 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --summary 'I renamed the column; go on with the tests'
  baton runs hand-back 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --summary-file done.md";

pub(crate) const MESSAGE: &str = "\
Examples:
  baton runs message 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 'Leave the tests as they are'
  baton runs message 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 'Then update the changelog' --queued
  baton runs message 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --file notes.md";

pub(crate) const MESSAGES: &str = "\
Examples:
  baton runs messages 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton runs messages 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --cancel 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e32";

pub(crate) const RAISE_BUDGET: &str = "\
Examples:
  baton runs raise-budget 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 turns=80 --note 'nearly there'";

pub(crate) const INBOX: &str = "\
Examples:
  baton inbox                                   what waits for a person, the oldest first
  baton inbox answer 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33 allow --note 'the test database'
  baton inbox watch                             what comes and what is settled, as it happens";

pub(crate) const INBOX_LIST: &str = "\
Examples:
  baton inbox list --kind permission --pool nightly
  baton inbox list --state over --limit 20
  baton inbox list --all --json                 for a script";

pub(crate) const INBOX_ANSWER: &str = "\
Examples:
  baton inbox answer 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33 allow
  baton inbox answer 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33 2     the second of its options
  baton inbox answer 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33 'use the schema of v2'";

pub(crate) const INBOX_WATCH: &str = "\
Examples:
  baton inbox watch
  baton inbox watch --json                      one change a line, for a script";
