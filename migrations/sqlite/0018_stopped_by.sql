-- who asked a running task to stop, and from where, as JSON
ALTER TABLE tasks ADD COLUMN stopped_by TEXT;
