-- Ids are UUIDv7 (16 bytes), times are milliseconds since the epoch.

CREATE TABLE users (
    id UUID PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'librarian', 'admin')),
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE web_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX web_sessions_by_expiry ON web_sessions (expires_at);

CREATE TABLE conversations (
    id UUID PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    model_tag TEXT,
    is_favorited BOOLEAN NOT NULL DEFAULT FALSE,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX conversations_newest ON conversations (user_id, updated_at DESC, id DESC);

CREATE TABLE messages (
    id UUID PRIMARY KEY NOT NULL,
    conversation_id UUID NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id UUID,
    speaker TEXT NOT NULL CHECK (speaker IN ('user', 'assistant', 'system')),
    content TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'interrupted', 'failed')),
    error TEXT,
    error_status BIGINT,
    model_tag TEXT,
    token_count BIGINT,
    inference_time_ms BIGINT,
    sources TEXT NOT NULL DEFAULT '[]',
    citations TEXT NOT NULL DEFAULT '[]',
    -- how many events of the run this row contains
    seq BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX messages_in_order ON messages (conversation_id, id);
CREATE INDEX messages_running ON messages (status) WHERE status = 'streaming';

-- a question that was sent with a key lands once, however often it is sent
CREATE TABLE sent_questions (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    question_id UUID NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    answer_id UUID NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX sent_questions_by_question ON sent_questions (question_id);
CREATE INDEX sent_questions_by_answer ON sent_questions (answer_id);

CREATE TABLE books (
    id UUID PRIMARY KEY NOT NULL,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    author TEXT,
    file_name TEXT NOT NULL,
    format TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'READY', 'FAILED')),
    unit TEXT NOT NULL DEFAULT 'pages' CHECK (unit IN ('pages', 'passages')),
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0,
    page_count BIGINT NOT NULL DEFAULT 0,
    error TEXT,
    shared BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX books_newest ON books (owner_id, id DESC);
CREATE INDEX books_shared ON books (id DESC) WHERE shared;
CREATE INDEX books_waiting ON books (status, id) WHERE status IN ('PENDING', 'PROCESSING');

CREATE TABLE pages (
    book_id UUID NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    label TEXT,
    text TEXT NOT NULL,
    PRIMARY KEY (book_id, number)
);

-- a passage small enough to be embedded; start_at and end_at are characters of the page's text
CREATE TABLE chunks (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book_id UUID NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    page BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    text TEXT NOT NULL,
    -- 384 little-endian f32; absent until the passage is indexed
    embedding BYTEA,
    words TSVECTOR GENERATED ALWAYS AS (to_tsvector('english', text)) STORED
);
CREATE INDEX chunks_of_book ON chunks (book_id, id);
CREATE INDEX chunks_words ON chunks USING GIN (words);
