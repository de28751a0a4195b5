-- What answers said in the last moments, one row for each commit, however many answers it serves:
-- {"a message's id in hex": [the number of the last event, "text"], …}. It moves to drafts about once a second.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY NOT NULL,
    pieces TEXT NOT NULL
);

-- What an answer that is being written has said beyond its message, and the number of the last event in it.
-- Of the journal counts what is not in the drafts or in the message already.
CREATE VIEW drafted AS
SELECT
    m.id AS message_id,
    (
        SELECT STRING_AGG(text, '' ORDER BY seq) FROM (
            SELECT seq, text FROM drafts WHERE message_id = m.id
            UNION
            SELECT j.seq, j.text FROM (
                SELECT
                    pieces ->> ('$."' || LOWER(HEX(m.id)) || '"[0]') AS seq,
                    pieces ->> ('$."' || LOWER(HEX(m.id)) || '"[1]') AS text
                FROM journal
            ) j
            WHERE j.seq > MAX(m.seq, COALESCE((SELECT MAX(seq) FROM drafts WHERE message_id = m.id), 0))
        )
    ) AS text,
    MAX(
        m.seq,
        COALESCE((SELECT MAX(seq) FROM drafts WHERE message_id = m.id), 0),
        COALESCE((SELECT MAX(pieces ->> ('$."' || LOWER(HEX(m.id)) || '"[0]')) FROM journal), 0)
    ) AS seq
FROM messages m;
