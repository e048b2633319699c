-- What agents have heard of takeovers that were handed back.

ALTER TABLE task_run_control
    ADD COLUMN hand_backs jsonb
        CONSTRAINT task_run_control_hand_backs CHECK (jsonb_typeof(hand_backs) = 'array');

COMMENT ON COLUMN task_run_control.hand_backs IS 'Takeovers of the present attempt, or of its last, that were handed back, the oldest first, an object for each: takeover (the command that wished it), by (who had the run''s place), at (when it was handed back), and of the message that tells the agent: command (that handed the run back), state, delivered_at, via, attempt, seen_at, ended_at, reason, settled, as in task_run_messages; null: none';
