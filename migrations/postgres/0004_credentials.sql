-- counts up whenever all sign-ins of the account end: what was begun before is worth nothing
ALTER TABLE users ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- each change of somebody's access, numbered without a gap, so that every process hears of it
CREATE TABLE access_clock (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO access_clock (id, version) VALUES (1, 0);
CREATE TABLE access_changes (
    version BIGINT PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL
);

-- browsers; the id is a digest of what the cookie holds. Everyone signs in once more.
DROP TABLE web_sessions;
CREATE TABLE web_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    epoch BIGINT NOT NULL DEFAULT 0,
    data TEXT NOT NULL,
    user_agent TEXT,
    address TEXT,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX web_sessions_by_expiry ON web_sessions (expires_at);
CREATE INDEX web_sessions_of_user ON web_sessions (user_id);

-- programs that signed in with a password: access tokens name the row, refresh tokens succeed each other in it
CREATE TABLE app_sessions (
    id UUID PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    epoch BIGINT NOT NULL,
    user_agent TEXT,
    address TEXT,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX app_sessions_by_expiry ON app_sessions (expires_at);
CREATE INDEX app_sessions_of_user ON app_sessions (user_id);

CREATE TABLE refresh_tokens (
    digest TEXT PRIMARY KEY NOT NULL,
    session_id UUID NOT NULL REFERENCES app_sessions (id) ON DELETE CASCADE,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE personal_tokens (
    id UUID PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    reach TEXT NOT NULL CHECK (reach IN ('read', 'write', 'admin')),
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    expires_at BIGINT
);
CREATE INDEX personal_tokens_of_user ON personal_tokens (user_id);

-- who somebody is elsewhere: at an auth service, at an OpenID provider, or behind the shared credential
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON identities (user_id);

-- links that an administrator makes; each works once
CREATE TABLE account_links (
    id UUID PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('invite', 'reset')),
    -- of the account that an invitation makes
    role TEXT CHECK (role IN ('user', 'librarian', 'admin')),
    -- whose password is set anew
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    created_by UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX account_links_of_user ON account_links (user_id);
CREATE INDEX account_links_by_maker ON account_links (created_by);
