-- a task reads a book; the row names it, so that no two work on one book
ALTER TABLE books DROP COLUMN node_id;
ALTER TABLE books ADD COLUMN task_id UUID;
