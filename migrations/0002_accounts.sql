-- Who may ask: tokens of operators and workers, and sign-ins of browsers. Nothing here comes from the
-- stream, so nothing here can be rebuilt from it. The API is the only writer.

CREATE TABLE tokens (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT tokens_kind CHECK (kind IN ('operator', 'worker')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- SHA-256 without salt or stretching: the secret is 256 random bits, so there is nothing to guess
    -- that a slower hash would protect.
    hash bytea NOT NULL CHECK (length(hash) = 32),
    role text CONSTRAINT tokens_role CHECK (role IN ('viewer', 'operator', 'admin')),
    worker_pattern text,
    pools text[] NOT NULL DEFAULT '{}',
    repositories text[] NOT NULL DEFAULT '{}',
    run_types text[] NOT NULL DEFAULT '{}',
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    role_changed_by text,
    role_changed_at timestamptz,
    revoked_by text,
    revoked_at timestamptz,

    CONSTRAINT tokens_role_known CHECK ((kind = 'operator') = (role IS NOT NULL)),
    CONSTRAINT tokens_worker_known CHECK (
        (kind = 'worker') = (worker_pattern IS NOT NULL)
        AND (kind = 'worker' OR (pools = '{}' AND repositories = '{}' AND run_types = '{}'))
    ),
    CONSTRAINT tokens_role_change_whole CHECK (
        num_nulls(role_changed_by, role_changed_at) IN (0, 2)
        AND (role_changed_at IS NULL OR kind = 'operator')
    ),
    CONSTRAINT tokens_revoked_whole CHECK (num_nulls(revoked_by, revoked_at) IN (0, 2))
);

COMMENT ON TABLE tokens IS 'Tokens of operators and workers; the API is the only writer, and rows are never deleted: they say who could do what, and when';
COMMENT ON COLUMN tokens.id IS 'UUID version 7; part of the token''s text, and no secret';
COMMENT ON COLUMN tokens.kind IS 'Who has it: operator (people and programs that ask the API) or worker';
COMMENT ON COLUMN tokens.name IS 'Who has it, for the record: what an operator does is recorded under this name';
COMMENT ON COLUMN tokens.hash IS 'SHA-256 of the secret part of the token''s text; the text itself is nowhere';
COMMENT ON COLUMN tokens.role IS 'What an operator may do: viewer, operator or admin; null for workers';
COMMENT ON COLUMN tokens.worker_pattern IS 'The worker that may use it, or the beginning of the names that may, followed by *; null for operators';
COMMENT ON COLUMN tokens.pools IS 'Pools whose queues the worker may serve; empty means every pool';
COMMENT ON COLUMN tokens.repositories IS 'Patterns of repositories that the worker may work on; empty means every one';
COMMENT ON COLUMN tokens.run_types IS 'Kinds of run that the worker may take; empty means every kind';
COMMENT ON COLUMN tokens.created_by IS 'Who made it';
COMMENT ON COLUMN tokens.created_at IS 'When it was made';
COMMENT ON COLUMN tokens.expires_at IS 'When it stops being good; null when it does not';
COMMENT ON COLUMN tokens.last_used_at IS 'When it was used last, to the minute';
COMMENT ON COLUMN tokens.role_changed_by IS 'Who gave it the role it has, if not its maker';
COMMENT ON COLUMN tokens.role_changed_at IS 'When it got that role';
COMMENT ON COLUMN tokens.revoked_by IS 'Who revoked it';
COMMENT ON COLUMN tokens.revoked_at IS 'When it was revoked';

CREATE TABLE sign_ins (
    id uuid PRIMARY KEY,
    token_id uuid NOT NULL REFERENCES tokens (id),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE INDEX sign_ins_by_token ON sign_ins (token_id);

COMMENT ON TABLE sign_ins IS 'Browsers that hold a cookie instead of a token; each is good for as long as its token is, at most';
COMMENT ON COLUMN sign_ins.id IS 'UUID version 7; part of the cookie, and no secret';
COMMENT ON COLUMN sign_ins.token_id IS 'The token that was shown';
COMMENT ON COLUMN sign_ins.hash IS 'SHA-256 of the secret part of the cookie';
COMMENT ON COLUMN sign_ins.created_at IS 'When the browser signed in';
COMMENT ON COLUMN sign_ins.expires_at IS 'When the browser has to sign in again';
COMMENT ON COLUMN sign_ins.ended_at IS 'When it signed out';

-- Whoever holds a connection open for a token hears at once that the token has changed. That it was
-- used is no change.
CREATE FUNCTION tell_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('baton_accounts', TG_ARGV[0] || ' ' || NEW.id::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER tokens_changed AFTER UPDATE ON tokens
FOR EACH ROW WHEN (
    (OLD.hash, OLD.role, OLD.worker_pattern, OLD.pools, OLD.repositories, OLD.run_types, OLD.expires_at, OLD.revoked_at)
    IS DISTINCT FROM
    (NEW.hash, NEW.role, NEW.worker_pattern, NEW.pools, NEW.repositories, NEW.run_types, NEW.expires_at, NEW.revoked_at)
)
EXECUTE FUNCTION tell_accounts('token');

CREATE TRIGGER tokens_made AFTER INSERT ON tokens
FOR EACH ROW EXECUTE FUNCTION tell_accounts('token');

CREATE TRIGGER sign_ins_changed AFTER UPDATE ON sign_ins
FOR EACH ROW EXECUTE FUNCTION tell_accounts('sign_in');
