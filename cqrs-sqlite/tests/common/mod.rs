//! What the tests of this crate share.

use std::path::{Path, PathBuf};

/// A directory for one database.
pub(crate) struct Directory(tempfile::TempDir);

impl Directory {
    pub(crate) fn new() -> Directory {
        Directory(tempfile::tempdir().unwrap())
    }

    #[allow(dead_code, reason = "not every test looks at it")]
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.path().join("test.db")
    }
}
