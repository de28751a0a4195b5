-- files that are sent with messages
CREATE TABLE attachments (
    id UUID PRIMARY KEY NOT NULL,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- absent until it is sent
    message_id UUID REFERENCES messages (id) ON DELETE CASCADE,
    -- the folder of its files, which copies of a message share; absent where only a reference was recorded
    file_id UUID,
    position BIGINT NOT NULL DEFAULT 0,
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'document', 'reference')),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL DEFAULT 0,
    -- bytes that all its files take
    kept BIGINT NOT NULL DEFAULT 0,
    -- of a document's text, and how many of them a model reads with the message
    characters BIGINT NOT NULL DEFAULT 0,
    read_characters BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_of_message ON attachments (message_id, position);
CREATE INDEX attachments_of_owner ON attachments (owner_id, file_id);
CREATE INDEX attachments_by_file ON attachments (file_id);
CREATE INDEX attachments_unsent ON attachments (created_at) WHERE message_id IS NULL;

-- how many were sent with a message, so that nobody looks for them where there are none
ALTER TABLE messages ADD COLUMN attached BIGINT NOT NULL DEFAULT 0;

-- whether a server's models take pictures
ALTER TABLE llm_providers ADD COLUMN takes_images BOOLEAN NOT NULL DEFAULT FALSE;
