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
";
