-- Live sessions: one row a run, everything that operators and workers did to runs, and what was typed.

CREATE TABLE task_run_live_sessions (
    run_id uuid PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    status text NOT NULL CONSTRAINT task_run_live_sessions_status CHECK (
        status IN ('starting', 'ready', 'revoked', 'ended', 'error')
    ),
    generation integer NOT NULL CHECK (generation >= 1),
    provider text NOT NULL CONSTRAINT task_run_live_sessions_provider CHECK (provider IN ('web', 'tmate')),
    ttl_seconds bigint CHECK (ttl_seconds >= 1),
    wished_provider text CONSTRAINT task_run_live_sessions_wished CHECK (wished_provider IN ('web', 'tmate')),
    wished_ttl_seconds bigint CHECK (wished_ttl_seconds >= 1),
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    worker text,
    worker_generation integer CHECK (worker_generation >= 1),
    starting_at timestamptz,
    ready_at timestamptz,
    hostname text,
    heartbeat_at timestamptz,
    expires_at timestamptz,
    attach_ro text,
    web_ro text,
    sealed_key_id text,
    sealed_secret text,
    health text CONSTRAINT task_run_live_sessions_health CHECK (health IN ('connecting', 'ready', 'stale', 'failed')),
    health_reason text,
    revoked_at timestamptz,
    revoked_by text,
    revoked_note text,
    torn_down_at timestamptz,
    ended_at timestamptz,
    error_at timestamptz,
    over_code text,
    over_reason text,
    fence bigint NOT NULL DEFAULT 0 CHECK (fence >= 0),
    grant_id uuid,
    writer text,
    writer_role text CONSTRAINT task_run_live_sessions_role CHECK (writer_role IN ('viewer', 'operator', 'admin')),
    writer_channel text CONSTRAINT task_run_live_sessions_channel CHECK (writer_channel IN ('web', 'tmate')),
    writer_terminals text[],
    writer_reason text,
    granted_at timestamptz,
    granted_until timestamptz,
    gate_at timestamptz,
    audit_attempt integer CHECK (audit_attempt >= 1),
    audit_head text,
    audit_count bigint NOT NULL DEFAULT 0 CHECK (audit_count >= 0),
    audit_earlier jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(audit_earlier) = 'array'),
    changed_position bigint NOT NULL CHECK (changed_position > 0),

    -- The state machine: which facts are known in which state, and in no other.
    CONSTRAINT task_run_live_sessions_made CHECK (
        num_nulls(worker, worker_generation, starting_at) IN (0, 3)
        AND num_nulls(ready_at, hostname, heartbeat_at) IN (0, 3)
        AND (ready_at IS NULL OR starting_at IS NOT NULL)
        AND (expires_at IS NULL OR ready_at IS NOT NULL)
        AND (status <> 'starting' OR ready_at IS NULL)
        AND (status <> 'ready' OR ready_at IS NOT NULL)
    ),
    -- Where it can be joined, and the secrets to that, are known while it can be joined.
    CONSTRAINT task_run_live_sessions_links_known CHECK (
        (status = 'ready') = (health IS NOT NULL)
        AND num_nulls(sealed_key_id, sealed_secret) IN (0, 2)
        AND (status = 'ready' OR num_nonnulls(attach_ro, web_ro, sealed_secret, health_reason) = 0)
    ),
    CONSTRAINT task_run_live_sessions_over_known CHECK (
        (status = 'revoked') = (revoked_at IS NOT NULL)
        AND (status = 'ended') = (ended_at IS NOT NULL)
        AND (status = 'error') = (error_at IS NOT NULL)
        AND (status IN ('revoked', 'ended', 'error')) = (over_code IS NOT NULL)
        AND num_nulls(over_code, over_reason) IN (0, 2)
    ),
    CONSTRAINT task_run_live_sessions_revoked_known CHECK (
        (revoked_by IS NULL OR status = 'revoked')
        AND (revoked_note IS NULL OR revoked_by IS NOT NULL)
        AND (torn_down_at IS NULL OR status = 'revoked')
    ),
    CONSTRAINT task_run_live_sessions_wish_known CHECK (
        (wished_ttl_seconds IS NULL OR wished_provider IS NOT NULL)
        AND (status NOT IN ('starting', 'ready') OR wished_provider IS NOT NULL)
        AND (status <> 'revoked' OR wished_provider IS NULL)
    ),
    -- One writer at most, for a time, and only while the session is ready.
    CONSTRAINT task_run_live_sessions_writer_whole CHECK (
        num_nulls(
            grant_id, writer, writer_role, writer_channel, writer_terminals, writer_reason, granted_at, granted_until
        ) IN (0, 8)
        AND (grant_id IS NULL OR (status = 'ready' AND fence > 0 AND granted_until >= granted_at))
        AND (gate_at IS NULL OR grant_id IS NOT NULL)
    ),
    CONSTRAINT task_run_live_sessions_audit_whole CHECK (
        num_nulls(audit_attempt, audit_head) IN (0, 2) AND (audit_attempt IS NULL) = (audit_count = 0)
    )
);

-- The runs whose session can be joined, or is about to be.
CREATE INDEX task_run_live_sessions_live ON task_run_live_sessions (status, run_id) WHERE status IN ('starting', 'ready');

COMMENT ON TABLE task_run_live_sessions IS 'The live session of each run that ever had one, as folded from its facts; a run without a row is disabled. The recorder is the only writer';
COMMENT ON COLUMN task_run_live_sessions.run_id IS 'The run';
COMMENT ON COLUMN task_run_live_sessions.id IS 'The session''s own id, the same through all its generations; made of the run''s';
COMMENT ON COLUMN task_run_live_sessions.status IS 'Where it stands; the states and their steps are those of the domain crate';
COMMENT ON COLUMN task_run_live_sessions.generation IS 'How often a session of this run has begun';
COMMENT ON COLUMN task_run_live_sessions.provider IS 'Who makes it: web, which is built in, or tmate';
COMMENT ON COLUMN task_run_live_sessions.ttl_seconds IS 'How long it may last from when it is ready; null: as long as the run does';
COMMENT ON COLUMN task_run_live_sessions.wished_provider IS 'The provider that the next attempt is to use; null when it is to have no session';
COMMENT ON COLUMN task_run_live_sessions.wished_ttl_seconds IS 'How long the next attempt''s session may last; null: as long as the run does';
COMMENT ON COLUMN task_run_live_sessions.requested_at IS 'Since when this generation is wanted: of an operator''s wish, a submission or the lease of a further attempt';
COMMENT ON COLUMN task_run_live_sessions.requested_by IS 'Who wanted it: an operator, or the submitter of the run';
COMMENT ON COLUMN task_run_live_sessions.worker IS 'The worker that makes it';
COMMENT ON COLUMN task_run_live_sessions.worker_generation IS 'Which session of the attempt it is, as the worker counts';
COMMENT ON COLUMN task_run_live_sessions.starting_at IS 'When the worker began with it';
COMMENT ON COLUMN task_run_live_sessions.ready_at IS 'When it could be joined';
COMMENT ON COLUMN task_run_live_sessions.hostname IS 'The worker''s host';
COMMENT ON COLUMN task_run_live_sessions.expires_at IS 'When it is revoked by itself: ready_at and the time it may last';
COMMENT ON COLUMN task_run_live_sessions.attach_ro IS 'How to watch it from a terminal';
COMMENT ON COLUMN task_run_live_sessions.web_ro IS 'Where to watch it in a browser, beside the dashboard';
COMMENT ON COLUMN task_run_live_sessions.sealed_key_id IS 'The key of the API that the secrets are sealed to';
COMMENT ON COLUMN task_run_live_sessions.sealed_secret IS 'What it takes to type through the provider, sealed to that key, base64url: the worker sealed it before it left it';
COMMENT ON COLUMN task_run_live_sessions.health IS 'How well its provider works, as far as the worker can tell';
COMMENT ON COLUMN task_run_live_sessions.health_reason IS 'Why it does not, for a person';
COMMENT ON COLUMN task_run_live_sessions.heartbeat_at IS 'When the worker last said that it is there';
COMMENT ON COLUMN task_run_live_sessions.revoked_at IS 'When it was revoked';
COMMENT ON COLUMN task_run_live_sessions.revoked_by IS 'Who revoked it; null when the worker did, its time being over';
COMMENT ON COLUMN task_run_live_sessions.revoked_note IS 'Why it was revoked, in the operator''s words';
COMMENT ON COLUMN task_run_live_sessions.torn_down_at IS 'When the worker said that nothing of the revoked session is left';
COMMENT ON COLUMN task_run_live_sessions.ended_at IS 'When it ended with its run or its attempt';
COMMENT ON COLUMN task_run_live_sessions.error_at IS 'When it failed; its run went on';
COMMENT ON COLUMN task_run_live_sessions.over_code IS 'A word for machines: why it is over, such as operator, expired, finished, cancelled, lease_released or relay_unreachable';
COMMENT ON COLUMN task_run_live_sessions.over_reason IS 'Why it is over, for a person: what happened and, of an error, what to do';
COMMENT ON COLUMN task_run_live_sessions.fence IS 'The last fence of a write grant, 0 before the first; it only rises';
COMMENT ON COLUMN task_run_live_sessions.grant_id IS 'The grant of whoever may type';
COMMENT ON COLUMN task_run_live_sessions.writer IS 'Who may type';
COMMENT ON COLUMN task_run_live_sessions.writer_role IS 'The writer''s role when it was granted';
COMMENT ON COLUMN task_run_live_sessions.writer_channel IS 'Where the writer types: web or tmate';
COMMENT ON COLUMN task_run_live_sessions.writer_terminals IS 'The terminals that the writer may type into';
COMMENT ON COLUMN task_run_live_sessions.writer_reason IS 'Why the writer wanted to type';
COMMENT ON COLUMN task_run_live_sessions.granted_at IS 'When the grant was made, or renewed';
COMMENT ON COLUMN task_run_live_sessions.granted_until IS 'When the grant is over by itself';
COMMENT ON COLUMN task_run_live_sessions.gate_at IS 'When the terminal''s gate said that this grant is in force';
COMMENT ON COLUMN task_run_live_sessions.audit_attempt IS 'The last attempt that was typed into';
COMMENT ON COLUMN task_run_live_sessions.audit_head IS 'The hash of that attempt''s last record of input, lower-case hex: what its chain has to end in';
COMMENT ON COLUMN task_run_live_sessions.audit_count IS 'How many records of input that attempt has';
COMMENT ON COLUMN task_run_live_sessions.audit_earlier IS 'The same of earlier attempts: attempt, head and count of each';
COMMENT ON COLUMN task_run_live_sessions.changed_position IS 'The last position that changed it';

CREATE TABLE task_run_control_events (
    position bigint NOT NULL CHECK (position > 0),
    index smallint NOT NULL CHECK (index >= 0),
    id uuid NOT NULL,
    run_id uuid NOT NULL,
    attempt integer CHECK (attempt >= 1),
    actor_kind text NOT NULL CONSTRAINT task_run_control_events_actor_kind CHECK (
        actor_kind IN ('operator', 'worker', 'supervisor')
    ),
    actor text NOT NULL,
    action text NOT NULL,
    at timestamptz NOT NULL,
    effective boolean NOT NULL,
    refusal text,
    metadata jsonb NOT NULL,
    PRIMARY KEY (position, index),
    CONSTRAINT task_run_control_events_refusal_known CHECK (effective = (refusal IS NULL)),
    CONSTRAINT task_run_control_events_metadata CHECK (jsonb_typeof(metadata) = 'object')
);

CREATE INDEX task_run_control_events_by_run ON task_run_control_events (run_id, position, index);

COMMENT ON TABLE task_run_control_events IS 'Everything that operators, workers and supervisors did to runs and their sessions, also what changed nothing. Only added to';
COMMENT ON COLUMN task_run_control_events.position IS 'The message''s sequence in the RUNS stream: the one total order';
COMMENT ON COLUMN task_run_control_events.index IS 'Its place in its message, from 0';
COMMENT ON COLUMN task_run_control_events.id IS 'The id that its sender gave it; otherwise made of its place';
COMMENT ON COLUMN task_run_control_events.run_id IS 'The run';
COMMENT ON COLUMN task_run_control_events.attempt IS 'The attempt that it concerns, where it concerns one';
COMMENT ON COLUMN task_run_control_events.actor_kind IS 'What the actor is: operator, worker or supervisor';
COMMENT ON COLUMN task_run_control_events.actor IS 'Who did it';
COMMENT ON COLUMN task_run_control_events.action IS 'What was done, such as cancel, enable_session, grant_write or write_ended';
COMMENT ON COLUMN task_run_control_events.at IS 'When, by the clock of whoever said it';
COMMENT ON COLUMN task_run_control_events.effective IS 'Whether it was taken into the run''s state';
COMMENT ON COLUMN task_run_control_events.refusal IS 'Why it changed nothing; as in task_run_events';
COMMENT ON COLUMN task_run_control_events.metadata IS 'What belongs to the action, such as note, grantId, fence or cause; no secrets';

CREATE TABLE task_run_inputs (
    position bigint NOT NULL CHECK (position > 0),
    index smallint NOT NULL CHECK (index >= 0),
    run_id uuid NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    worker text NOT NULL,
    at timestamptz NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    terminal text NOT NULL CONSTRAINT task_run_inputs_terminal CHECK (terminal IN ('agent', 'shell')),
    grant_id uuid NOT NULL,
    holder text NOT NULL,
    channel text NOT NULL CONSTRAINT task_run_inputs_channel CHECK (channel IN ('web', 'tmate')),
    fence bigint NOT NULL CHECK (fence > 0),
    first_seq bigint NOT NULL CHECK (first_seq >= 0),
    last_seq bigint NOT NULL CHECK (last_seq >= first_seq),
    output_offset bigint NOT NULL CHECK (output_offset >= 0),
    length bigint NOT NULL CHECK (length >= 0),
    echo boolean NOT NULL,
    text text,
    mac text,
    previous text NOT NULL,
    hash text NOT NULL,
    chain text NOT NULL CONSTRAINT task_run_inputs_chain CHECK (
        chain IN ('continues', 'other_previous', 'other_number', 'other_hash')
    ),
    PRIMARY KEY (position, index),
    -- What is typed without echo is never kept in clear.
    CONSTRAINT task_run_inputs_echo CHECK (echo OR text IS NULL)
);

CREATE INDEX task_run_inputs_by_run ON task_run_inputs (run_id, position, index);

COMMENT ON TABLE task_run_inputs IS 'What was typed into the terminals of runs, as their hosts recorded it: a chain for each attempt. Only added to';
COMMENT ON COLUMN task_run_inputs.position IS 'The message''s sequence in the RUNS stream';
COMMENT ON COLUMN task_run_inputs.index IS 'The record''s place in its message, from 0';
COMMENT ON COLUMN task_run_inputs.run_id IS 'The run';
COMMENT ON COLUMN task_run_inputs.attempt IS 'The attempt whose terminal it was';
COMMENT ON COLUMN task_run_inputs.worker IS 'The worker that told of it';
COMMENT ON COLUMN task_run_inputs.at IS 'When the worker told of it';
COMMENT ON COLUMN task_run_inputs.number IS 'Its place in the attempt''s chain, from 1';
COMMENT ON COLUMN task_run_inputs.terminal IS 'Which terminal: agent or shell';
COMMENT ON COLUMN task_run_inputs.grant_id IS 'The grant under which it was typed';
COMMENT ON COLUMN task_run_inputs.holder IS 'Who typed it';
COMMENT ON COLUMN task_run_inputs.channel IS 'Through which door: web or tmate';
COMMENT ON COLUMN task_run_inputs.fence IS 'The grant''s fence';
COMMENT ON COLUMN task_run_inputs.first_seq IS 'The first frame of input in it';
COMMENT ON COLUMN task_run_inputs.last_seq IS 'The last frame of input in it';
COMMENT ON COLUMN task_run_inputs.output_offset IS 'How much the terminal had printed by then, in bytes';
COMMENT ON COLUMN task_run_inputs.length IS 'How much was typed, in bytes';
COMMENT ON COLUMN task_run_inputs.echo IS 'Whether the terminal showed what was typed';
COMMENT ON COLUMN task_run_inputs.text IS 'What was typed, redacted; null without echo';
COMMENT ON COLUMN task_run_inputs.mac IS 'HMAC-SHA256 of what was typed without echo, by a key that only the host knew, lower-case hex';
COMMENT ON COLUMN task_run_inputs.previous IS 'The hash of the record before, or what the attempt''s chain begins with, lower-case hex';
COMMENT ON COLUMN task_run_inputs.hash IS 'SHA-256 over previous and this record, lower-case hex';
COMMENT ON COLUMN task_run_inputs.chain IS 'What the recorder found: it continues the chain, names another record before it or another place than it has, or its hash is not of what it says';

-- Kept is kept: only a rebuild empties these tables, as a whole.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to: rows are neither changed nor deleted', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER task_run_control_events_kept BEFORE UPDATE OR DELETE ON task_run_control_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER task_run_inputs_kept BEFORE UPDATE OR DELETE ON task_run_inputs
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A grant whose fence does not rise, or whose signed gate says something else, changes nothing.
ALTER TABLE task_run_events
    DROP CONSTRAINT task_run_events_refusal,
    ADD CONSTRAINT task_run_events_refusal CHECK (
        refusal IN (
            'duplicate', 'other_attempt', 'not_holder', 'wrong_state', 'stale_fence', 'other_gate',
            'unknown_run', 'unknown_command'
        )
    );
