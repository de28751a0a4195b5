-- work that takes long: queued, run by one process at a time, ended for good
CREATE TABLE tasks (
    id UUID PRIMARY KEY NOT NULL,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- exactly what is to be done, as JSON
    work TEXT NOT NULL,
    -- for the audit log
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0,
    unit TEXT NOT NULL DEFAULT '',
    log TEXT NOT NULL DEFAULT '[]',
    outcome TEXT,
    links TEXT NOT NULL DEFAULT '[]',
    attempts BIGINT NOT NULL DEFAULT 0,
    -- not before this moment
    due_at BIGINT NOT NULL,
    stop_asked BOOLEAN NOT NULL DEFAULT FALSE,
    -- the process that runs it
    node_id UUID,
    -- how often the row was changed, for those who watch it
    seq BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX tasks_newest ON tasks (owner_id, id DESC);
CREATE INDEX tasks_waiting ON tasks (state, id) WHERE state IN ('queued', 'running');
