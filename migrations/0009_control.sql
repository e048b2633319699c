-- Control: what holds a run, who has its place, what its agent is told and asks, what it may use up.

ALTER TABLE task_runs
    ADD COLUMN agent jsonb CONSTRAINT task_runs_agent CHECK (jsonb_typeof(agent) = 'object'),
    ADD COLUMN controlled boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN task_runs.agent IS 'The agent of the present attempt as it was started, or of the last one: mode, model, effort, sandbox, approvals and capabilities';
COMMENT ON COLUMN task_runs.controlled IS 'Whether the run has a row in task_run_control; the tables of control are not looked at for other runs';

CREATE TABLE task_run_control (
    run_id uuid PRIMARY KEY,
    pause_phase text CONSTRAINT task_run_control_phase CHECK (
        pause_phase IN ('requested', 'delivered', 'effective', 'resuming')
    ),
    pause_command uuid,
    pause_by text,
    pause_cause text CONSTRAINT task_run_control_cause CHECK (
        pause_cause IN ('operator', 'takeover', 'scope', 'budget', 'policy')
    ),
    pause_mode text CONSTRAINT task_run_control_mode CHECK (pause_mode IN ('soft', 'hard')),
    pause_note text,
    pause_requested_at timestamptz,
    pause_delivered_at timestamptz,
    pause_effective_at timestamptz,
    pause_method text CONSTRAINT task_run_control_method CHECK (
        pause_method IN ('checkpoint', 'stage', 'cgroup', 'signal')
    ),
    pause_before text,
    pause_escalated boolean NOT NULL DEFAULT false,
    pause_resumes_at timestamptz,
    resume_command uuid,
    resume_requested_at timestamptz,
    takeover_command uuid,
    takeover_by text,
    takeover_note text,
    takeover_requested_at timestamptz,
    takeover_began_at timestamptz,
    takeover_expires_at timestamptz,
    paused_ms bigint NOT NULL DEFAULT 0 CHECK (paused_ms >= 0),
    budgets jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(budgets) = 'array'),
    changed_position bigint NOT NULL CHECK (changed_position > 0),

    -- What is known of a pause in which phase, and in no other.
    CONSTRAINT task_run_control_pause_whole CHECK (
        num_nulls(pause_phase, pause_cause, pause_mode, pause_requested_at) IN (0, 4)
        AND (
            pause_phase IS NOT NULL
            OR num_nonnulls(
                pause_command, pause_by, pause_note, pause_delivered_at, pause_effective_at, resume_requested_at
            ) = 0
        )
        AND (
            pause_effective_at IS NOT NULL
            OR (num_nonnulls(pause_method, pause_before, pause_resumes_at) = 0 AND NOT pause_escalated)
        )
        AND (resume_requested_at IS NOT NULL OR resume_command IS NULL)
    ),
    CONSTRAINT task_run_control_phase_known CHECK (
        pause_phase IS NULL
        OR pause_phase = CASE
            WHEN resume_requested_at IS NOT NULL THEN 'resuming'
            WHEN pause_effective_at IS NOT NULL THEN 'effective'
            WHEN pause_delivered_at IS NOT NULL THEN 'delivered'
            ELSE 'requested'
        END
    ),
    -- Nobody has the place of a run that goes on.
    CONSTRAINT task_run_control_takeover_whole CHECK (
        num_nulls(takeover_command, takeover_by, takeover_requested_at) IN (0, 3)
        AND (takeover_command IS NOT NULL OR num_nonnulls(takeover_note, takeover_began_at) = 0)
        AND num_nulls(takeover_began_at, takeover_expires_at) IN (0, 2)
        AND (takeover_command IS NULL OR pause_phase IS NOT NULL)
        AND takeover_expires_at >= takeover_began_at
    )
);

-- The runs that stand still or are to.
CREATE INDEX task_run_control_held ON task_run_control (pause_phase, run_id) WHERE pause_phase IS NOT NULL;

COMMENT ON TABLE task_run_control IS 'The control of each run that has any, as folded from its facts; a run without a row goes on, and nothing of it is bounded or waits. The recorder is the only writer';
COMMENT ON COLUMN task_run_control.run_id IS 'The run';
COMMENT ON COLUMN task_run_control.pause_phase IS 'How far the pause has come: requested (the broker has the wish), delivered (the worker holds it), effective (the run stands still), resuming (going on is wished, and has not happened); null when the run goes on';
COMMENT ON COLUMN task_run_control.pause_command IS 'The command that wished the pause; null when no command did';
COMMENT ON COLUMN task_run_control.pause_by IS 'Who wished the pause; null when no person did';
COMMENT ON COLUMN task_run_control.pause_cause IS 'Why the run is held: operator, takeover, scope (its worker, pool or fleet is paused), budget or policy';
COMMENT ON COLUMN task_run_control.pause_mode IS 'soft: at the agent''s next tool call; hard: at once, by force';
COMMENT ON COLUMN task_run_control.pause_note IS 'Why, in the operator''s words';
COMMENT ON COLUMN task_run_control.pause_requested_at IS 'When the pause was wished';
COMMENT ON COLUMN task_run_control.pause_delivered_at IS 'When the worker held the wish';
COMMENT ON COLUMN task_run_control.pause_effective_at IS 'Since when the run stands still; null before it does';
COMMENT ON COLUMN task_run_control.pause_method IS 'By what means it stands still: checkpoint, stage, cgroup or signal; null of an older worker';
COMMENT ON COLUMN task_run_control.pause_before IS 'The tool or stage that it stands still before';
COMMENT ON COLUMN task_run_control.pause_escalated IS 'Whether no checkpoint came before the deadline of a soft pause';
COMMENT ON COLUMN task_run_control.pause_resumes_at IS 'When the run goes on by itself; null: never';
COMMENT ON COLUMN task_run_control.resume_command IS 'The command that wishes the run to go on; null when it is to end instead';
COMMENT ON COLUMN task_run_control.resume_requested_at IS 'Since when going on is wished';
COMMENT ON COLUMN task_run_control.takeover_command IS 'The command that wished the takeover; null when nobody has the run''s place';
COMMENT ON COLUMN task_run_control.takeover_by IS 'Who has the run''s place, or is to have it';
COMMENT ON COLUMN task_run_control.takeover_note IS 'Why, in the operator''s words';
COMMENT ON COLUMN task_run_control.takeover_requested_at IS 'When the takeover was wished';
COMMENT ON COLUMN task_run_control.takeover_began_at IS 'When the worker let the operator; null before';
COMMENT ON COLUMN task_run_control.takeover_expires_at IS 'When the takeover is over if nobody hands the run back';
COMMENT ON COLUMN task_run_control.paused_ms IS 'Milliseconds that the run has stood still in its present attempt, or in its last, before the pause in force';
COMMENT ON COLUMN task_run_control.budgets IS 'What an attempt may use up, an object for each budget: budget, given (as submitted), limit (by now), used (in the present attempt, as told last), reached';
COMMENT ON COLUMN task_run_control.changed_position IS 'The last position that changed it';

CREATE TABLE task_run_messages (
    run_id uuid NOT NULL,
    id uuid NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    actor text NOT NULL,
    kind text NOT NULL CONSTRAINT task_run_messages_kind CHECK (kind IN ('steering', 'queued')),
    text text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT task_run_messages_state CHECK (
        state IN ('queued', 'delivered', 'seen', 'cancelled', 'undelivered')
    ),
    taken_back_by uuid,
    delivered_at timestamptz,
    via text,
    attempt integer CHECK (attempt >= 1),
    seen_at timestamptz,
    ended_at timestamptz,
    reason text,
    settled boolean NOT NULL,
    PRIMARY KEY (run_id, id),

    -- The state machine: which facts are known in which state, and in no other.
    CONSTRAINT task_run_messages_delivered_known CHECK (
        num_nulls(delivered_at, via, attempt) IN (0, 3)
        AND (delivered_at IS NOT NULL) = (state IN ('delivered', 'seen'))
    ),
    CONSTRAINT task_run_messages_seen_known CHECK ((seen_at IS NOT NULL) = (state = 'seen')),
    CONSTRAINT task_run_messages_ended_known CHECK (
        (ended_at IS NOT NULL) = (state IN ('cancelled', 'undelivered'))
        AND (reason IS NULL OR ended_at IS NOT NULL)
        AND (reason IS NOT NULL OR state <> 'undelivered')
    ),
    CONSTRAINT task_run_messages_taken_back_known CHECK (taken_back_by IS NULL OR state = 'queued'),
    CONSTRAINT task_run_messages_settled_known CHECK (
        (settled OR state NOT IN ('seen', 'cancelled')) AND NOT (settled AND state = 'queued')
    )
);

-- The messages of a run, oldest first; and those of which something is still to be heard.
CREATE UNIQUE INDEX task_run_messages_by_run ON task_run_messages (run_id, position);
CREATE INDEX task_run_messages_unsettled ON task_run_messages (run_id, position) WHERE NOT settled;

COMMENT ON TABLE task_run_messages IS 'What operators said to the agents of runs, and how far that has come. The recorder is the only writer';
COMMENT ON COLUMN task_run_messages.run_id IS 'The run';
COMMENT ON COLUMN task_run_messages.id IS 'The command that brought the message';
COMMENT ON COLUMN task_run_messages.position IS 'That command''s sequence in the RUNS stream: the order in which messages were sent';
COMMENT ON COLUMN task_run_messages.actor IS 'Who wrote it';
COMMENT ON COLUMN task_run_messages.kind IS 'steering: at the agent''s next tool call; queued: at the end of its turn';
COMMENT ON COLUMN task_run_messages.text IS 'What it says';
COMMENT ON COLUMN task_run_messages.created_at IS 'When the API took it';
COMMENT ON COLUMN task_run_messages.state IS 'How far it has come: queued, delivered (the agent was handed it), seen (the model has answered a request that it stands in), cancelled, undelivered (the attempt or the run ended before)';
COMMENT ON COLUMN task_run_messages.taken_back_by IS 'The command that wishes to take it back, until the worker says whether that was in time';
COMMENT ON COLUMN task_run_messages.delivered_at IS 'When the agent was handed it';
COMMENT ON COLUMN task_run_messages.via IS 'By which of the agent''s hooks';
COMMENT ON COLUMN task_run_messages.attempt IS 'The attempt whose agent was handed it';
COMMENT ON COLUMN task_run_messages.seen_at IS 'When it was known that the model had answered a request that it stands in';
COMMENT ON COLUMN task_run_messages.ended_at IS 'When it was taken back, or known not to reach the agent';
COMMENT ON COLUMN task_run_messages.reason IS 'Why it did not reach the agent';
COMMENT ON COLUMN task_run_messages.settled IS 'Whether nothing is to be heard of it any more';

CREATE TABLE task_run_help_requests (
    run_id uuid NOT NULL,
    id uuid NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    index smallint NOT NULL CHECK (index >= 0),
    attempt integer NOT NULL CHECK (attempt >= 1),
    worker text,
    kind text NOT NULL CONSTRAINT task_run_help_requests_kind CHECK (
        kind IN ('question', 'permission', 'retries_used_up', 'policy', 'budget', 'stall')
    ),
    question text NOT NULL,
    detail text,
    options jsonb NOT NULL CHECK (jsonb_typeof(options) = 'array'),
    free_text boolean NOT NULL,
    blocking boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT task_run_help_requests_state CHECK (
        state IN ('open', 'answered', 'withdrawn', 'timed_out', 'run_ended')
    ),
    answer_command uuid,
    answered_by text,
    answered_at timestamptz,
    answer text,
    note text,
    closed_at timestamptz,
    PRIMARY KEY (run_id, id),

    CONSTRAINT task_run_help_requests_closed_known CHECK ((closed_at IS NULL) = (state = 'open')),
    CONSTRAINT task_run_help_requests_answer_whole CHECK (
        num_nulls(answer_command, answered_by, answered_at, answer) IN (0, 4)
        AND (note IS NULL OR answer IS NOT NULL)
    ),
    -- A run asks by itself once it is given up, and hears an answer at once.
    CONSTRAINT task_run_help_requests_asker_known CHECK (
        (worker IS NULL) = (kind = 'retries_used_up')
        AND NOT (worker IS NULL AND state = 'open' AND answer IS NOT NULL)
    )
);

-- The inbox of the fleet, oldest first; what is over, newest first; both by run; one by its id.
CREATE INDEX task_run_help_requests_open ON task_run_help_requests (position, index) WHERE state = 'open';
CREATE INDEX task_run_help_requests_closed ON task_run_help_requests (position, index) WHERE state <> 'open';
CREATE UNIQUE INDEX task_run_help_requests_by_run ON task_run_help_requests (run_id, position, index);
CREATE INDEX task_run_help_requests_by_id ON task_run_help_requests (id);

COMMENT ON TABLE task_run_help_requests IS 'What runs need a person for, and what people answered. The recorder is the only writer';
COMMENT ON COLUMN task_run_help_requests.run_id IS 'The run';
COMMENT ON COLUMN task_run_help_requests.id IS 'The request''s own id, chosen where it was asked; of a run''s own request made of its place';
COMMENT ON COLUMN task_run_help_requests.position IS 'The sequence in the RUNS stream of the message that opened it';
COMMENT ON COLUMN task_run_help_requests.index IS 'Its place in that message, from 0';
COMMENT ON COLUMN task_run_help_requests.attempt IS 'The attempt that asks';
COMMENT ON COLUMN task_run_help_requests.worker IS 'The worker that asks; null when the run itself does';
COMMENT ON COLUMN task_run_help_requests.kind IS 'What a person is needed for: question, permission, retries_used_up, policy, budget or stall';
COMMENT ON COLUMN task_run_help_requests.question IS 'What is asked';
COMMENT ON COLUMN task_run_help_requests.detail IS 'More about it, such as the tool and what it would do';
COMMENT ON COLUMN task_run_help_requests.options IS 'Answers to choose from, the careful one first: answer and label of each';
COMMENT ON COLUMN task_run_help_requests.free_text IS 'Whether an answer may be in one''s own words';
COMMENT ON COLUMN task_run_help_requests.blocking IS 'Whether the agent waits for the answer';
COMMENT ON COLUMN task_run_help_requests.opened_at IS 'Since when a person is needed';
COMMENT ON COLUMN task_run_help_requests.state IS 'open, or how it ended: answered, withdrawn, timed_out or run_ended';
COMMENT ON COLUMN task_run_help_requests.answer_command IS 'The command that answered it';
COMMENT ON COLUMN task_run_help_requests.answered_by IS 'Who answered';
COMMENT ON COLUMN task_run_help_requests.answered_at IS 'When the API took the answer; whether it came in time, state says';
COMMENT ON COLUMN task_run_help_requests.answer IS 'What was answered';
COMMENT ON COLUMN task_run_help_requests.note IS 'What was said besides';
COMMENT ON COLUMN task_run_help_requests.closed_at IS 'When it was over';

ALTER TABLE task_run_control_events ADD COLUMN answers uuid;
CREATE INDEX task_run_control_events_answers ON task_run_control_events (run_id, answers) WHERE answers IS NOT NULL;
COMMENT ON COLUMN task_run_control_events.answers IS 'The command whose delivery or effect a worker tells by it; how far each command has come is read from these';
