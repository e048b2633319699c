-- Tickets: each opens one terminal connection, once, for whoever asked for it. The API is the only writer, and
-- a row goes when its ticket is used: so a ticket is good once, whichever API meets it.

CREATE TABLE terminal_tickets (
    id uuid PRIMARY KEY,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    run_id uuid NOT NULL,
    token_id uuid REFERENCES tokens (id),
    sign_in_id uuid REFERENCES sign_ins (id),
    expires_at timestamptz NOT NULL,

    CONSTRAINT terminal_tickets_sign_in_known CHECK (sign_in_id IS NULL OR token_id IS NOT NULL)
);

CREATE INDEX terminal_tickets_by_end ON terminal_tickets (expires_at);

COMMENT ON TABLE terminal_tickets IS 'Tickets that open a terminal connection once; deleted when they are used, or after their end';
COMMENT ON COLUMN terminal_tickets.id IS 'UUID version 7; part of the ticket''s text, and no secret';
COMMENT ON COLUMN terminal_tickets.hash IS 'SHA-256 of the secret part of the ticket''s text; the text itself is nowhere';
COMMENT ON COLUMN terminal_tickets.run_id IS 'The run whose terminals it opens';
COMMENT ON COLUMN terminal_tickets.token_id IS 'The token of whoever asked for it; null for the developer of baton dev, who has none';
COMMENT ON COLUMN terminal_tickets.sign_in_id IS 'The browser''s sign-in, if it was asked for with a cookie';
COMMENT ON COLUMN terminal_tickets.expires_at IS 'When it stops being good';
