-- What the recorder keeps of the RUNS stream. Everything here can be rebuilt from the stream as far
-- back as it reaches; nothing here depends on when it was recorded.

CREATE TABLE task_runs (
    id uuid PRIMARY KEY,
    run_type text NOT NULL,
    title text NOT NULL,
    pool text NOT NULL,
    repository text,
    priority text NOT NULL,
    submitted_by text NOT NULL,
    submitted_at timestamptz NOT NULL,
    submitted_position bigint NOT NULL CHECK (submitted_position > 0),
    idempotency_key text,
    request_digest text,
    request jsonb NOT NULL,
    max_attempts integer NOT NULL CHECK (max_attempts >= 1),
    retry_first_delay_seconds integer NOT NULL CHECK (retry_first_delay_seconds >= 0),
    retry_max_delay_seconds integer NOT NULL CHECK (retry_max_delay_seconds >= 0),
    state text NOT NULL CONSTRAINT task_runs_state CHECK (
        state IN ('queued', 'running', 'paused', 'retry_scheduled', 'succeeded', 'failed', 'cancelled', 'dead_lettered')
    ),
    attempt integer NOT NULL CHECK (attempt >= 1),
    failures integer NOT NULL CHECK (failures >= 0),
    stage text CONSTRAINT task_runs_stage CHECK (stage IN ('prepare', 'execute', 'publish')),
    pause_kind text CONSTRAINT task_runs_pause_kind CHECK (pause_kind IN ('checkpoint', 'frozen')),
    lease_worker text,
    lease_position bigint CHECK (lease_position > 0),
    lease_taken_at timestamptz,
    lease_last_seq integer CHECK (lease_last_seq >= 1),
    last_lease_position bigint NOT NULL CHECK (last_lease_position >= 0),
    due_at timestamptz,
    failure_code text CONSTRAINT task_runs_failure_code CHECK (
        failure_code IN (
            'invalid_payload', 'repository_unreadable', 'ref_not_found', 'checkout_failed',
            'agent_missing', 'agent_not_logged_in', 'agent_failed', 'agent_killed', 'agent_garbled',
            'command_failed', 'timed_out', 'push_refused', 'publish_failed', 'upload_failed',
            'worker_fault', 'lease_lost'
        )
    ),
    failure_message text,
    failure_retryable boolean,
    cancel_requested_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    result_summary text,
    result_branch text,
    result_commit text,
    result_files_changed bigint CHECK (result_files_changed >= 0),
    result_insertions bigint CHECK (result_insertions >= 0),
    result_deletions bigint CHECK (result_deletions >= 0),
    usage_input_tokens bigint CHECK (usage_input_tokens >= 0),
    usage_cached_input_tokens bigint CHECK (usage_cached_input_tokens >= 0),
    usage_output_tokens bigint CHECK (usage_output_tokens >= 0),
    position bigint NOT NULL CHECK (position >= submitted_position),

    -- The state machine: which facts are known in which state, and in no other.
    CONSTRAINT task_runs_lease_known CHECK (
        (state IN ('running', 'paused'))
        = (lease_worker IS NOT NULL AND lease_position IS NOT NULL AND lease_taken_at IS NOT NULL)
    ),
    CONSTRAINT task_runs_lease_whole CHECK (
        num_nulls(lease_worker, lease_position, lease_taken_at) IN (0, 3)
        AND (lease_last_seq IS NULL OR lease_worker IS NOT NULL)
        AND (lease_position IS NULL OR lease_position <= last_lease_position)
    ),
    CONSTRAINT task_runs_stage_known CHECK (stage IS NULL OR state IN ('running', 'paused')),
    CONSTRAINT task_runs_pause_known CHECK ((state = 'paused') = (pause_kind IS NOT NULL)),
    CONSTRAINT task_runs_due_known CHECK ((state = 'retry_scheduled') = (due_at IS NOT NULL)),
    CONSTRAINT task_runs_failure_whole CHECK (
        num_nulls(failure_code, failure_message, failure_retryable) IN (0, 3)
    ),
    CONSTRAINT task_runs_failure_known CHECK (
        CASE
            WHEN state IN ('failed', 'dead_lettered') THEN failure_code IS NOT NULL
            WHEN state = 'retry_scheduled' THEN true
            ELSE failure_code IS NULL
        END
    ),
    CONSTRAINT task_runs_finished_known CHECK (
        (state IN ('succeeded', 'failed', 'cancelled', 'dead_lettered')) = (finished_at IS NOT NULL)
    ),
    CONSTRAINT task_runs_key_whole CHECK (num_nulls(idempotency_key, request_digest) IN (0, 2)),
    CONSTRAINT task_runs_usage_whole CHECK (
        num_nulls(usage_input_tokens, usage_cached_input_tokens, usage_output_tokens) IN (0, 3)
    )
)
-- Every batch rewrites the rows of live runs and touches no indexed column: with room on the page no
-- index has to be written.
WITH (fillfactor = 50);

-- Pages of the list, newest first. Every filter has an index that ends in the list's order, so that
-- a page is a short walk along it.
CREATE INDEX task_runs_by_submission ON task_runs (submitted_at, id);
CREATE INDEX task_runs_by_state ON task_runs (state, submitted_at, id);
CREATE INDEX task_runs_by_pool ON task_runs (pool, submitted_at, id);
CREATE INDEX task_runs_by_repository ON task_runs (repository, submitted_at, id) WHERE repository IS NOT NULL;
CREATE INDEX task_runs_by_submitter ON task_runs (submitted_by, submitted_at, id);
-- Not unique: two submissions under one key can both be in the stream when the database was away
-- for longer than the broker's window of duplicates. Readers take the first.
CREATE INDEX task_runs_by_key ON task_runs (submitted_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- The supervisor's questions.
CREATE INDEX task_runs_due ON task_runs (due_at) WHERE state = 'retry_scheduled';
CREATE INDEX task_runs_leased ON task_runs (id) WHERE lease_worker IS NOT NULL;

COMMENT ON TABLE task_runs IS 'Runs as folded from their facts; the recorder is the only writer';
COMMENT ON COLUMN task_runs.id IS 'UUID version 7';
COMMENT ON COLUMN task_runs.run_type IS 'What kind of work it is: codex_exec or command';
COMMENT ON COLUMN task_runs.title IS 'A name for people: the one given, otherwise the first line of instruction or command';
COMMENT ON COLUMN task_runs.pool IS 'Whose queue it waits in';
COMMENT ON COLUMN task_runs.repository IS 'What it works on, if anything';
COMMENT ON COLUMN task_runs.priority IS 'Its place in the queue: high, normal or low';
COMMENT ON COLUMN task_runs.submitted_by IS 'Who submitted it';
COMMENT ON COLUMN task_runs.submitted_at IS 'When it was submitted, by the API''s clock';
COMMENT ON COLUMN task_runs.submitted_position IS 'Where the broker keeps its first offer';
COMMENT ON COLUMN task_runs.idempotency_key IS 'The submitter''s own key for the submission';
COMMENT ON COLUMN task_runs.request_digest IS 'SHA-256 of the request, lower-case hex; present with the key';
COMMENT ON COLUMN task_runs.request IS 'The request as submitted';
COMMENT ON COLUMN task_runs.max_attempts IS 'Failures after which it is dead-lettered';
COMMENT ON COLUMN task_runs.retry_first_delay_seconds IS 'Delay after the first failure; it doubles with each further one';
COMMENT ON COLUMN task_runs.retry_max_delay_seconds IS 'No delay is longer';
COMMENT ON COLUMN task_runs.state IS 'Where it stands; the states and their steps are those of the domain crate';
COMMENT ON COLUMN task_runs.attempt IS 'The highest attempt that was offered; a lease is always of this attempt';
COMMENT ON COLUMN task_runs.failures IS 'Attempts that failed or were lost; attempts given back do not count';
COMMENT ON COLUMN task_runs.stage IS 'What its holder is doing';
COMMENT ON COLUMN task_runs.pause_kind IS 'How its agent is held, while it is paused';
COMMENT ON COLUMN task_runs.lease_worker IS 'Who holds it, while somebody does';
COMMENT ON COLUMN task_runs.lease_position IS 'Where the broker keeps the lease; the holder''s reports are fenced by this number';
COMMENT ON COLUMN task_runs.lease_taken_at IS 'When the lease was taken, by the worker''s clock';
COMMENT ON COLUMN task_runs.lease_last_seq IS 'The last event said under the lease';
COMMENT ON COLUMN task_runs.last_lease_position IS 'The last message on any of its lease subjects, 0 if none: what the next taker''s compare-and-set expects';
COMMENT ON COLUMN task_runs.due_at IS 'When the next attempt is to be offered, while one is scheduled';
COMMENT ON COLUMN task_runs.failure_code IS 'The kind of failure that ended it, or its last attempt';
COMMENT ON COLUMN task_runs.failure_message IS 'What happened and what to do, for a person';
COMMENT ON COLUMN task_runs.failure_retryable IS 'Whether another attempt may succeed';
COMMENT ON COLUMN task_runs.cancel_requested_at IS 'Since when somebody wants it ended';
COMMENT ON COLUMN task_runs.started_at IS 'When a worker first took it';
COMMENT ON COLUMN task_runs.finished_at IS 'When it reached a state that nothing follows';
COMMENT ON COLUMN task_runs.result_summary IS 'The agent''s last words, or what was done';
COMMENT ON COLUMN task_runs.result_branch IS 'The branch that was pushed last';
COMMENT ON COLUMN task_runs.result_commit IS 'The commit that the branch points to';
COMMENT ON COLUMN task_runs.result_files_changed IS 'Files that the last patch changes';
COMMENT ON COLUMN task_runs.result_insertions IS 'Lines that the last patch adds';
COMMENT ON COLUMN task_runs.result_deletions IS 'Lines that the last patch removes';
COMMENT ON COLUMN task_runs.usage_input_tokens IS 'Tokens read in all attempts, as the agent counted them';
COMMENT ON COLUMN task_runs.usage_cached_input_tokens IS 'Of the tokens read, those from a cache';
COMMENT ON COLUMN task_runs.usage_output_tokens IS 'Tokens written in all attempts';
COMMENT ON COLUMN task_runs.position IS 'The last position that changed it';

CREATE TABLE task_run_events (
    position bigint NOT NULL CHECK (position > 0),
    index smallint NOT NULL CHECK (index >= 0),
    run_id uuid NOT NULL,
    attempt integer CHECK (attempt >= 1),
    seq integer CHECK (seq >= 1),
    source text NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    effective boolean NOT NULL,
    refusal text CONSTRAINT task_run_events_refusal CHECK (
        refusal IN ('duplicate', 'other_attempt', 'not_holder', 'wrong_state', 'unknown_run', 'unknown_command')
    ),
    data jsonb NOT NULL,
    PRIMARY KEY (position, index),
    CONSTRAINT task_run_events_refusal_known CHECK (effective = (refusal IS NULL)),
    CONSTRAINT task_run_events_seq_known CHECK (seq IS NULL OR attempt IS NOT NULL)
);

CREATE INDEX task_run_events_by_run ON task_run_events (run_id, position, index);
-- The same report, stored a second time after the broker's window of duplicates, is no second row.
CREATE UNIQUE INDEX task_run_events_once ON task_run_events (run_id, attempt, source, seq) WHERE seq IS NOT NULL;

COMMENT ON TABLE task_run_events IS 'Everything that was said about runs, also what changed nothing. No reference to task_runs: reports on a run that nobody submitted are evidence too';
COMMENT ON COLUMN task_run_events.position IS 'The message''s sequence in the RUNS stream: the one total order';
COMMENT ON COLUMN task_run_events.index IS 'The event''s place in its message, from 0';
COMMENT ON COLUMN task_run_events.run_id IS 'The run it speaks of';
COMMENT ON COLUMN task_run_events.attempt IS 'The attempt it speaks of; null for commands';
COMMENT ON COLUMN task_run_events.seq IS 'The event''s place in its attempt; null for offers, leases and commands';
COMMENT ON COLUMN task_run_events.source IS 'Who said it: a worker, a supervisor or an operator';
COMMENT ON COLUMN task_run_events.kind IS 'What happened: submitted, offered, lease_taken, lease_released, lease_lost, cancel_requested, or the type of a worker''s event';
COMMENT ON COLUMN task_run_events.at IS 'When, by the clock of whoever said it';
COMMENT ON COLUMN task_run_events.effective IS 'Whether it was taken into the run''s state';
COMMENT ON COLUMN task_run_events.refusal IS 'Why it changed nothing';
COMMENT ON COLUMN task_run_events.data IS 'The event''s own fields';

CREATE TABLE task_run_artifacts (
    run_id uuid NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    name text NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    sha256 text NOT NULL,
    content_type text NOT NULL,
    stored_at timestamptz NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    PRIMARY KEY (run_id, attempt, name)
);

COMMENT ON TABLE task_run_artifacts IS 'Files that attempts left in the artifact store';
COMMENT ON COLUMN task_run_artifacts.run_id IS 'The run';
COMMENT ON COLUMN task_run_artifacts.attempt IS 'The attempt that left it';
COMMENT ON COLUMN task_run_artifacts.name IS 'Its path among the attempt''s artifacts, such as logs/agent.log';
COMMENT ON COLUMN task_run_artifacts.size IS 'In bytes';
COMMENT ON COLUMN task_run_artifacts.sha256 IS 'Of its content, lower-case hex';
COMMENT ON COLUMN task_run_artifacts.content_type IS 'Its media type, as its worker named it';
COMMENT ON COLUMN task_run_artifacts.stored_at IS 'When the broker took the report of it';
COMMENT ON COLUMN task_run_artifacts.position IS 'Where the broker keeps the report of it';

CREATE TABLE recorder_position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL CHECK (position >= 0),
    stored_at timestamptz,
    stream_created_at timestamptz,
    CONSTRAINT recorder_position_known CHECK ((position = 0) = (stored_at IS NULL))
);

INSERT INTO recorder_position (position) VALUES (0);

COMMENT ON TABLE recorder_position IS 'How far the tables reach; written in the transaction that writes them';
COMMENT ON COLUMN recorder_position.only_row IS 'There is one row';
COMMENT ON COLUMN recorder_position.position IS 'The last message of the RUNS stream that is recorded, 0 before the first';
COMMENT ON COLUMN recorder_position.stored_at IS 'When the broker took that message: another message may stand there when the broker has lost its last ones';
COMMENT ON COLUMN recorder_position.stream_created_at IS 'Which stream it counts in: the time at which the stream was made; null before the first message';

CREATE TABLE unreadable_messages (
    position bigint PRIMARY KEY CHECK (position > 0),
    subject text NOT NULL,
    payload bytea NOT NULL,
    error text NOT NULL,
    stored_at timestamptz NOT NULL
);

COMMENT ON TABLE unreadable_messages IS 'Messages of the RUNS stream that could not be read; they stop nothing and change nothing';
COMMENT ON COLUMN unreadable_messages.position IS 'Where the broker keeps it';
COMMENT ON COLUMN unreadable_messages.subject IS 'Where it was published';
COMMENT ON COLUMN unreadable_messages.payload IS 'Its body as it was sent';
COMMENT ON COLUMN unreadable_messages.error IS 'Why it could not be read';
COMMENT ON COLUMN unreadable_messages.stored_at IS 'When the broker took it';
