-- What a model asked for while it wrote an answer, and what came of it.
ALTER TABLE messages ADD COLUMN calls TEXT NOT NULL DEFAULT '[]';
ALTER TABLE llm_providers ADD COLUMN takes_tools BOOLEAN NOT NULL DEFAULT FALSE;
