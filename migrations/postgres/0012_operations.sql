-- something dangerous that was asked for, and what became of it
CREATE TABLE confirmations (
    id UUID PRIMARY KEY NOT NULL,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- the conversation in which it was asked for, while that is there
    conversation_id UUID,
    operation TEXT NOT NULL,
    -- the arguments, the state of what they name, and the preview, frozen as JSON
    plan TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('pending', 'executing', 'done', 'failed', 'denied', 'cancelled', 'expired', 'replaced', 'unknown')),
    outcome TEXT,
    task_id UUID,
    -- the process that executes it
    node_id UUID,
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX confirmations_newest ON confirmations (owner_id, id DESC);
CREATE INDEX confirmations_open ON confirmations (state, expires_at) WHERE state IN ('pending', 'executing');

-- what the assistant made of a message; the message itself is one like any other
CREATE TABLE assistant_turns (
    message_id UUID PRIMARY KEY NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- none for what the person said
    state TEXT,
    intent TEXT,
    confirmation_id UUID,
    task_id UUID,
    -- what the page shows and offers, as JSON
    card TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX assistant_turns_of_user ON assistant_turns (user_id, message_id DESC);
