-- who did what, when, to what, from where; rows are only added, each sealed with the hash of the one before
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    -- no reference: what a person did stays when the account goes
    actor_id BLOB,
    actor TEXT NOT NULL,
    -- the person whom it concerns, where that is another one
    subject_id BLOB,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('ran', 'failed', 'denied', 'cancelled', 'expired', 'unknown')),
    detail TEXT NOT NULL,
    via TEXT NOT NULL,
    address TEXT,
    hash BLOB NOT NULL
);
CREATE INDEX audit_of_actor ON audit (actor_id, seq);
CREATE INDEX audit_of_subject ON audit (subject_id, seq) WHERE subject_id IS NOT NULL;

-- where the chain ends; whoever adds to it holds this row
CREATE TABLE audit_head (
    one BIGINT PRIMARY KEY NOT NULL CHECK (one = 1),
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, x'');

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
