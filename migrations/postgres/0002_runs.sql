-- messages form a tree: the active line leads from the first question to this leaf; none means the newest message
ALTER TABLE conversations ADD COLUMN active_leaf UUID;

-- where an answer's question may be answered from, as JSON
ALTER TABLE messages ADD COLUMN scope TEXT;
-- the first message that the model got word for word
ALTER TABLE messages ADD COLUMN window_from UUID;
-- what was said from the beginning up to and including this message, in short
ALTER TABLE messages ADD COLUMN summary TEXT;
-- the process that writes the answer, and whether it was asked to stop
ALTER TABLE messages ADD COLUMN node_id UUID;
ALTER TABLE messages ADD COLUMN stop_asked BOOLEAN NOT NULL DEFAULT FALSE;

DROP INDEX messages_running;
CREATE INDEX messages_running ON messages (node_id) WHERE status = 'streaming';
-- one answer at a time in a conversation
CREATE UNIQUE INDEX messages_one_running ON messages (conversation_id) WHERE status = 'streaming';

-- the process that reads the book
ALTER TABLE books ADD COLUMN node_id UUID;

-- processes; who sees a beat unchanged for a while takes the process for dead
CREATE TABLE nodes (
    id UUID PRIMARY KEY NOT NULL,
    beat BIGINT NOT NULL
);
