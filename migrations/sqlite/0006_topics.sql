-- a topic: some books, and how they are to be asked; its id is a slug
CREATE TABLE topics (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    instructions TEXT NOT NULL,
    shared BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX topics_of_owner ON topics (owner_id, title);

CREATE TABLE topic_books (
    topic_id TEXT NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    book_id BLOB NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    PRIMARY KEY (topic_id, book_id)
);
CREATE INDEX topic_books_by_book ON topic_books (book_id);

ALTER TABLE conversations ADD COLUMN topic_id TEXT REFERENCES topics (id) ON DELETE SET NULL;
CREATE INDEX conversations_of_topic ON conversations (topic_id) WHERE topic_id IS NOT NULL;

-- lists show archived conversations or the others
DROP INDEX conversations_newest;
CREATE INDEX conversations_listed ON conversations (user_id, archived, updated_at DESC, id DESC);
