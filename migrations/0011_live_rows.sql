-- A run's position changes with everything that is said of it. While an index held it, each such
-- change wrote into every index of the table; without, it writes into none. The few runs that wait
-- in one queue are counted on their rows.
DROP INDEX task_runs_queued;
CREATE INDEX task_runs_queued ON task_runs (route, priority) WHERE state = 'queued';
