-- answers that programs got without a conversation: sums for the report, nothing of what was said
CREATE TABLE completions (
    -- since 1970, UTC
    day BIGINT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    model_tag TEXT NOT NULL,
    answers BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (day, user_id, model_tag)
);
