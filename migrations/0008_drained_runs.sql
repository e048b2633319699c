-- A drain may pause the runs that its scope holds, instead of having them finished.
ALTER TABLE drains
    ADD COLUMN runs text NOT NULL DEFAULT 'finish' CHECK (runs IN ('finish', 'pause'));
COMMENT ON COLUMN drains.runs IS 'What becomes of the runs that workers of the scope hold: finish, or pause until the drain ends';
