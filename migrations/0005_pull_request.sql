-- What came of a run that ends in a pull request, and how one fails.

ALTER TABLE task_runs
    ADD COLUMN result_pull_request_url text,
    ADD COLUMN result_pull_request_number bigint CHECK (result_pull_request_number > 0),
    DROP CONSTRAINT task_runs_failure_code,
    ADD CONSTRAINT task_runs_failure_code CHECK (
        failure_code IN (
            'invalid_payload', 'repository_unreadable', 'ref_not_found', 'checkout_failed',
            'agent_missing', 'agent_not_logged_in', 'agent_failed', 'agent_killed', 'agent_garbled',
            'command_failed', 'timed_out', 'push_refused', 'publish_failed', 'pull_request_refused',
            'pull_request_failed', 'secret_found', 'upload_failed', 'worker_fault', 'lease_lost'
        )
    ),
    ADD CONSTRAINT task_runs_pull_request_whole CHECK (
        num_nulls(result_pull_request_url, result_pull_request_number) IN (0, 2)
    );

COMMENT ON COLUMN task_runs.result_pull_request_url IS 'Where people find the pull request that was opened or brought up to date last';
COMMENT ON COLUMN task_runs.result_pull_request_number IS 'The pull request''s number in its repository';
