//! Examples at the end of each command's help. A test parses every one of them.

pub(crate) mod control;

pub(crate) const DEV: &str = "\
Examples:
  baton dev                                     everything on this machine, at http://127.0.0.1:7700
  baton dev --port 0 --state ./state            on a free port, its state in a folder of your choice
  baton dev --slots 4 --run-type command        four commands at once, no coding agent";

pub(crate) const DOCTOR: &str = "\
Examples:
  baton doctor                                  what this machine lacks for `baton dev`
  baton doctor --api-url http://baton:7700      whether that API can be reached as well
  baton doctor --json                           for a script";

pub(crate) const API: &str = "\
Examples:
  baton api --database-url-file /run/secrets/database-url
  baton api --listen 0.0.0.0:7700 --allowed-host baton.example.org --allow-remote
  baton config show api                         what it would use, and why";

pub(crate) const WORKER: &str = "\
Examples:
  baton worker --nats-url nats://broker:4222 --api-url http://baton:7700
  baton worker --id builder-1 --slots 4 --pool default,nightly --capability docker
  baton worker --once --wait-seconds 0          do one run if there is one, and leave
  baton config show worker                      what it would use, and why";

pub(crate) const RECORDER: &str = "\
Examples:
  baton recorder --database-url-file /run/secrets/database-url
  baton recorder --rebuild                      fill the tables again from the log, and leave";

pub(crate) const SUPERVISOR: &str = "\
Examples:
  baton supervisor --database-url-file /run/secrets/database-url
  baton supervisor --lease-seconds 30           a slower network: more patience with silent workers";

pub(crate) const MIGRATE: &str = "\
Examples:
  baton migrate --database-url-file /run/secrets/database-url
  baton migrate --api-role baton_api            and let that role do what the API does";

pub(crate) const NATS_APPLY: &str = "\
Examples:
  baton nats apply --nats-url nats://broker:4222";

pub(crate) const NATS_KEYS: &str = "\
Examples:
  baton nats keys ./keys                        then `include ./keys/accounts.conf` in nats-server's
                                                configuration, and give each role its own seed file
  rm keys/api.seed; baton nats keys ./keys      a new key for the API; the old one is refused
                                                once the broker has read accounts.conf again";

pub(crate) const NATS_VERIFY: &str = "\
Examples:
  baton nats verify                             exit 1 when the broker differs
  baton nats verify --json                      each difference, for a script";

pub(crate) const LIST: &str = "\
Examples:
  baton runs list                               the newest 50
  baton runs list --state queued,running --pool nightly
  baton runs list --all --json                  every run, one JSON object a line";

pub(crate) const SHOW: &str = "\
Examples:
  baton runs show 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";

pub(crate) const WHY: &str = "\
Examples:
  baton runs why 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton runs why 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --json";

pub(crate) const FOLLOW: &str = "\
Examples:
  baton runs follow 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton runs follow 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --json --after 1200";

pub(crate) const CANCEL: &str = "\
Examples:
  baton runs cancel 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'wrong branch' --follow";

pub(crate) const REDRIVE: &str = "\
Examples:
  baton runs redrive 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'the mirror is back' --follow";

pub(crate) const RELEASE: &str = "\
Examples:
  baton leases release 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'builder-3 hangs'";

pub(crate) const DRAIN_WORKER: &str = "\
Examples:
  baton drain worker builder-3 --note 'new kernel'
  baton drain worker builder-3 --note 'new kernel' --for 2h";

pub(crate) const DRAIN_POOL: &str = "\
Examples:
  baton drain pool gpu --note 'new driver' --for 30m";

pub(crate) const DRAIN_FLEET: &str = "\
Examples:
  baton drain fleet --note 'the database moves'
  baton drain fleet --note 'who spends so much?' --runs pause";

pub(crate) const DRAIN_LIST: &str = "\
Examples:
  baton drain list                              who is drained, and what is still running there";

pub(crate) const UNDRAIN: &str = "\
Examples:
  baton undrain worker builder-3
  baton undrain pool gpu
  baton undrain fleet --note 'the database has moved'";

pub(crate) const WORKERS_LIST: &str = "\
Examples:
  baton workers list
  baton workers list --json                     for a script";

pub(crate) const WORKERS_SHOW: &str = "\
Examples:
  baton workers show builder-3                  what it holds, and why it takes no more";

pub(crate) const DEAD_LETTERS_LIST: &str = "\
Examples:
  baton dead-letters list
  baton dead-letters list --pool nightly --json";

pub(crate) const DEAD_LETTERS_SHOW: &str = "\
Examples:
  baton dead-letters show --code agent_failed
  baton dead-letters show --cause 'the agent exited with #'";

pub(crate) const DEAD_LETTERS_REDRIVE: &str = "\
Examples:
  baton dead-letters redrive --code agent_failed --dry-run
  baton dead-letters redrive --code agent_failed --note 'the model is back'
  baton dead-letters redrive 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";

pub(crate) const ARTIFACTS: &str = "\
Examples:
  baton runs artifacts 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton runs artifacts 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --get patches/changes.patch -o changes.patch";

pub(crate) const AUDIT_VERIFY: &str = "\
Examples:
  baton audit verify 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton audit verify 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --json";

pub(crate) const AUDIT_SHOW: &str = "\
Examples:
  baton audit show 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton audit show 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --json   one record a line, for a script";

pub(crate) const TOKENS_CREATE: &str = "\
Examples:
  baton tokens create --name ada --role admin --direct        the first one, by the database itself
  baton tokens create --name ci --role operator --expires-in 90d
  baton tokens create --name builders --worker 'build-*' --pool nightly";

pub(crate) const TOKENS_LIST: &str = "\
Examples:
  baton tokens list                             those that are good
  baton tokens list --all --json                every one, for a script";

pub(crate) const TOKENS_SET_ROLE: &str = "\
Examples:
  baton tokens set-role 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 viewer";

pub(crate) const TOKENS_REVOKE: &str = "\
Examples:
  baton tokens revoke 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";

pub(crate) const KEYS_GENERATE: &str = "\
Examples:
  baton keys generate session-keys.json         then BATON_API_SESSION_KEYS_FILE=session-keys.json
  baton keys generate                           print them, for a store of secrets";

pub(crate) const KEYS_ROTATE: &str = "\
Examples:
  baton keys rotate session-keys.json           then start every API again, and `baton keys reseal`
  baton keys rotate session-keys.json --keep 2  forget all but the last key before the new one";

pub(crate) const KEYS_RESEAL: &str = "\
Examples:
  baton keys reseal                             after a rotation, before old keys are dropped
  baton keys reseal --json                      for a script";

pub(crate) const SESSIONS_ENABLE: &str = "\
Examples:
  baton sessions enable 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton sessions enable 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --provider tmate --minutes 120";

pub(crate) const SESSIONS_SHOW: &str = "\
Examples:
  baton sessions show 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31
  baton sessions show 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --json";

pub(crate) const SESSIONS_GRANT: &str = "\
Examples:
  baton sessions grant 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --reason 'the test hangs' --minutes 5
  baton sessions grant 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --reason 'by ssh' --channel tmate --take-over";

pub(crate) const SESSIONS_RENEW: &str = "\
Examples:
  baton sessions renew 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --minutes 15";

pub(crate) const SESSIONS_RELEASE: &str = "\
Examples:
  baton sessions release 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";

pub(crate) const SESSIONS_REVOKE_WRITE: &str = "\
Examples:
  baton sessions revoke-write 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'left the desk'";

pub(crate) const SESSIONS_REVOKE: &str = "\
Examples:
  baton sessions revoke 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31 --note 'seen enough'";

pub(crate) const CONFIG_SHOW: &str = "\
Examples:
  baton config show worker                      every setting, its value and where it comes from
  baton config show worker -- --slots 4         with that flag
  baton config show --json                      all roles, for a script";

pub(crate) const CONFIG_ENV: &str = "\
Examples:
  baton config env                              start an .env file from it";

pub(crate) const CONFIG_PAGE: &str = "\
Examples:
  baton config page                             docs/configuration.md";

pub(crate) const OPENAPI: &str = "\
Examples:
  baton openapi                                 for a generator of clients";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  baton completions bash                        source it from ~/.bashrc
  baton completions zsh";

pub(crate) const VERSION: &str = "\
Examples:
  baton version --json";

pub(crate) const ATTACH: &str = "\
Your window may have any size: the run's terminal keeps its own. Ctrl-] leaves; the run goes on.

Examples:
  baton attach 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a
  baton attach 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a --write --reason 'the migration asks' --minutes 5
  baton attach 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a --terminal shell
  baton attach 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a --plain";

pub(crate) const REPLAY: &str = "\
While it plays: space holds and goes on, q leaves.

Examples:
  baton replay 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a --speed 4
  baton replay 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a --attempt 1 --output run.cast";

pub(super) const CHECKPOINT: &str = "\
Examples:
  baton checkpoint --label 'run the tests'    # between the steps of a script
  baton checkpoint --end-of-turn              # when its work is done
  {\"type\": \"command\", \"command\": \"baton checkpoint\"}    # as an agent's hook";

pub(super) const NEED_OPERATOR: &str = "\
Examples:
  baton need-operator 'The staging database is empty'
  answer=$(baton need-operator --wait --option no='Keep it' --option yes='Drop it' 'Drop the table?')

Exit codes:
  0  a person is asked; with --wait: a person has answered
  1  nobody could be asked; with --timeout: nobody has answered in time";
