-- tool servers of others (Model Context Protocol)
CREATE TABLE tool_servers (
    id UUID PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('http', 'stdio')),
    -- of an HTTP server; what starts a stdio server is in a file and never here
    url TEXT,
    -- encrypted
    token BYTEA,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    last_error TEXT,
    -- when its tools were last listed
    listed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- what they offer, and what an administrator decided about each
CREATE TABLE tools (
    id UUID PRIMARY KEY NOT NULL,
    server_id UUID NOT NULL REFERENCES tool_servers (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    input_schema TEXT NOT NULL,
    -- of the description and the schema as they came
    digest TEXT NOT NULL,
    -- what was approved; none before
    approved_digest TEXT,
    approved_description TEXT,
    approved_schema TEXT,
    risk TEXT NOT NULL DEFAULT 'dangerous' CHECK (risk IN ('safe', 'guarded', 'dangerous')),
    -- who may use it
    least_role TEXT NOT NULL DEFAULT 'admin' CHECK (least_role IN ('user', 'librarian', 'admin')),
    -- whether the server does not offer it any more
    gone BOOLEAN NOT NULL DEFAULT FALSE,
    updated_at BIGINT NOT NULL,
    UNIQUE (server_id, name)
);

-- an invitation whose link nobody has seen yet
ALTER TABLE account_links ADD COLUMN unseen BOOLEAN NOT NULL DEFAULT FALSE;
