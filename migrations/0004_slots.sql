-- How much of a worker a run takes, and the queue that it waits in.

ALTER TABLE task_runs
    ADD COLUMN slots smallint NOT NULL DEFAULT 1 CONSTRAINT task_runs_slots CHECK (slots BETWEEN 1 AND 64),
    ADD COLUMN route text NOT NULL DEFAULT '';

-- Runs that were recorded before.
UPDATE task_runs SET route = pool || '_' || replace(run_type, '_', '-') || coalesce(
    (
        SELECT string_agg('_' || name, '' ORDER BY name COLLATE "C")
        FROM (SELECT DISTINCT jsonb_array_elements_text(request -> 'requiredCapabilities') AS name) AS names
    ),
    ''
);

CREATE INDEX task_runs_queued ON task_runs (route, priority, position) WHERE state = 'queued';

COMMENT ON COLUMN task_runs.slots IS 'Slots of a worker that it occupies';
COMMENT ON COLUMN task_runs.route IS 'The queue that its offers wait in: pool, run type, weight and capabilities as the broker''s subjects spell them; empty where an older recorder kept it';
