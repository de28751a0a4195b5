-- What an answer that is being written has said beyond its message, and the number of the last event in it. Here all of it lies in
-- the drafts: a row costs what it holds, while on SQLite it costs a page, which is why there is a journal before them.
CREATE VIEW drafted AS
SELECT message_id, STRING_AGG(text, '' ORDER BY seq) AS text, MAX(seq) AS seq FROM drafts GROUP BY message_id;
