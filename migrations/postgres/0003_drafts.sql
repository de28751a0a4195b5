-- what an answer that is being written has said so far, in pieces; its end folds them into its message
CREATE TABLE drafts (
    message_id UUID NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    -- the number of the last event that the piece contains
    seq BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message_id, seq)
);
