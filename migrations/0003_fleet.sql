-- What operators do with the fleet: leases that are taken away, causes of dead letters, drains.

ALTER TABLE task_runs
    ADD COLUMN last_lost_position bigint NOT NULL DEFAULT 0 CHECK (last_lost_position >= 0),
    ADD COLUMN lease_release_at timestamptz,
    ADD COLUMN lease_release_by text,
    ADD COLUMN lease_release_note text,
    -- Folders first, then every word that is a number or could be an id.
    ADD COLUMN failure_cause text GENERATED ALWAYS AS (
        left(
            regexp_replace(
                regexp_replace(failure_message, '(^|[\s''"(=])/[^\s''"),;]+', '\1<path>', 'g'),
                '\m[0-9a-f]*[0-9][0-9a-f]*(-[0-9a-f]+)*\M', '#', 'g'
            ),
            300
        )
    ) STORED,
    ADD CONSTRAINT task_runs_lost_known CHECK (last_lost_position <= last_lease_position),
    ADD CONSTRAINT task_runs_release_known CHECK (
        (lease_release_at IS NULL) = (lease_release_by IS NULL)
        AND (lease_release_at IS NULL OR lease_worker IS NOT NULL)
        AND (lease_release_note IS NULL OR lease_release_at IS NOT NULL)
    );

CREATE INDEX task_runs_dead ON task_runs (failure_code, failure_cause, finished_at, id) WHERE state = 'dead_lettered';

COMMENT ON COLUMN task_runs.last_lost_position IS 'The last message on the supervisor''s lease subject of the run, 0 if none: what the next holder''s reports are fenced by';
COMMENT ON COLUMN task_runs.lease_release_at IS 'Since when an operator wants the lease taken away from its holder';
COMMENT ON COLUMN task_runs.lease_release_by IS 'Who wants the lease taken away';
COMMENT ON COLUMN task_runs.lease_release_note IS 'Why the lease is to be taken away, in the operator''s words';
COMMENT ON COLUMN task_runs.failure_cause IS 'The failure''s message without folders, numbers and ids: runs with the same one failed alike';

CREATE TABLE drains (
    scope text PRIMARY KEY,
    actor text NOT NULL,
    note text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    position bigint NOT NULL CHECK (position > 0)
);

COMMENT ON TABLE drains IS 'Drains in force: workers of their scope take no more runs; the recorder is the only writer';
COMMENT ON COLUMN drains.scope IS 'Who is drained: fleet, pool.<pool> or worker.<worker>';
COMMENT ON COLUMN drains.actor IS 'Who wished it';
COMMENT ON COLUMN drains.note IS 'Why, in the operator''s words';
COMMENT ON COLUMN drains.since IS 'When it was wished, by the API''s clock';
COMMENT ON COLUMN drains.until IS 'When it ends by itself; null when it does not';
COMMENT ON COLUMN drains.position IS 'Where the broker keeps the wish';
