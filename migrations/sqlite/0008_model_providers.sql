-- what administrators set in Folio itself
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- model servers that people added; without an owner it is everyone's
CREATE TABLE llm_providers (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    created_by BLOB REFERENCES users (id) ON DELETE SET NULL,
    kind TEXT NOT NULL CHECK (kind IN ('openai', 'inference')),
    name TEXT NOT NULL,
    api_endpoint TEXT NOT NULL,
    -- encrypted
    api_key BLOB,
    key_hint TEXT,
    -- the models to offer, as JSON; none means all that it lists
    models TEXT,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX llm_providers_of_owner ON llm_providers (owner_id);
CREATE INDEX llm_providers_by_maker ON llm_providers (created_by);

-- keys that people use for a provider instead of its own
CREATE TABLE user_llm_configs (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id BLOB NOT NULL REFERENCES llm_providers (id) ON DELETE CASCADE,
    -- encrypted
    api_key BLOB NOT NULL,
    key_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, provider_id)
);
CREATE INDEX user_llm_configs_of_provider ON user_llm_configs (provider_id);
