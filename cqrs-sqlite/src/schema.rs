//! The framework's own tables: one SQL text for each version of them.

/// What the header of a file says that this framework has made it: `cqrs` in ASCII.
pub(crate) const APPLICATION_ID: i32 = 0x6371_7273;

/// How each version of the framework's tables is made from the one before; the first from nothing.
///
/// A text that was released never changes: a new version comes after it.
pub(crate) const FRAMEWORK: &[&str] = &[VERSION_1];

const VERSION_1: &str = "
    CREATE TABLE cq_meta (
        key TEXT PRIMARY KEY,
        value ANY NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cq_migration (
        position INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        checksum TEXT NOT NULL,
        applied_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE cq_event (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id BLOB NOT NULL UNIQUE,
        stream TEXT,
        version INTEGER,
        name TEXT NOT NULL,
        schema_version INTEGER NOT NULL,
        payload TEXT NOT NULL,
        call TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        UNIQUE (stream, version)
    ) STRICT;
    CREATE TRIGGER cq_event_stays BEFORE DELETE ON cq_event
        BEGIN SELECT RAISE(ABORT, 'an event that is in the log stays there'); END;
    CREATE TRIGGER cq_event_is_what_it_was BEFORE UPDATE ON cq_event
        BEGIN SELECT RAISE(ABORT, 'an event that is in the log does not change'); END;

    CREATE TABLE cq_outbox (
        sent INTEGER PRIMARY KEY AUTOINCREMENT,
        command_id BLOB NOT NULL UNIQUE,
        name TEXT NOT NULL,
        payload TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        not_before INTEGER NOT NULL,
        call TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        parked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX cq_outbox_due ON cq_outbox (parked, not_before, sent);

    CREATE TABLE cq_outcome (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        outcome TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        subscription TEXT,
        event_id BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cq_outcome_recorded ON cq_outcome (recorded_at);

    CREATE TABLE cq_audit (
        row INTEGER PRIMARY KEY,
        command_id BLOB NOT NULL,
        command TEXT NOT NULL,
        actor TEXT,
        tenant TEXT,
        correlation_id TEXT NOT NULL,
        outcome TEXT NOT NULL,
        fault TEXT,
        first_position INTEGER,
        last_position INTEGER,
        call TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        duration_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX cq_audit_command ON cq_audit (command_id);

    CREATE TABLE cq_subscription (
        name TEXT PRIMARY KEY,
        position INTEGER,
        event_id BLOB,
        fence INTEGER NOT NULL,
        owner BLOB,
        lease_until INTEGER
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cq_dead_letter (
        subscription TEXT NOT NULL,
        position INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        name TEXT NOT NULL,
        stream TEXT,
        error TEXT,
        attempts INTEGER NOT NULL,
        parked_at INTEGER NOT NULL,
        replay INTEGER NOT NULL,
        PRIMARY KEY (subscription, position)
    ) STRICT, WITHOUT ROWID;
";
