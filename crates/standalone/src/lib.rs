//! Private child processes of one machine: a NATS server and a Postgres, found, started and stopped. Knows nothing of runs.
