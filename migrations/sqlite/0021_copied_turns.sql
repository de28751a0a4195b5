-- what a fork took along; the history has the original
ALTER TABLE assistant_turns ADD COLUMN copied BOOLEAN NOT NULL DEFAULT FALSE;
