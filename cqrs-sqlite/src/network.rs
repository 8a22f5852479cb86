//! Whether a path is on a file system of the network, where SQLite's locks and shared memory fail silently.

use std::path::Path;

/// The type of the file system of an absolute path without links, if it is one of the network or of another machine's.
///
/// Linux alone says so; elsewhere there is none.
pub(crate) fn network_file_system(path: &Path) -> Option<String> {
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    let file_system = file_system_of(&mounts, path)?;
    is_network(&file_system).then_some(file_system)
}

/// The type of the file system that is mounted where a path is.
fn file_system_of(mounts: &[u8], path: &Path) -> Option<String> {
    let mut found: Option<(usize, &[u8])> = None;
    for line in mounts.split(|&byte| byte == b'\n') {
        let Some((point, file_system)) = mount(line) else { continue };
        let point = String::from_utf8_lossy(&point);
        let point = Path::new(&*point);
        let depth = point.components().count();
        // Of two at one point the later hides the earlier.
        if path.starts_with(point) && found.is_none_or(|(deepest, _)| depth >= deepest) {
            found = Some((depth, file_system));
        }
    }
    found.map(|(_, file_system)| String::from_utf8_lossy(file_system).into_owned())
}

/// The mount point and the type of a line:
/// `36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/root rw`.
fn mount(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut words = line.split(|&byte| byte == b' ');
    let point = unescaped(words.nth(4)?);
    // The optional words before the dash are of any number.
    words.find(|word| *word == b"-")?;
    Some((point, words.next()?))
}

/// Blanks, tabs, newlines and backslashes are written as three octal digits.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

fn is_network(file_system: &str) -> bool {
    const NETWORK: &[&str] = &[
        "9p",
        "afs",
        "ceph",
        "cifs",
        "coda",
        "fuse",
        "gfs2",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "prl_fs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    ];
    // The layers of a container are on a local disk.
    const LOCAL: &[&str] = &["fuse.fuse-overlayfs"];
    NETWORK.contains(&file_system) || (file_system.starts_with("fuse.") && !LOCAL.contains(&file_system))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{file_system_of, is_network};

    const MOUNTS: &[u8] = b"22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n\
        30 22 0:25 / /srv rw,relatime shared:7 master:2 - nfs4 host:/srv rw,vers=4.2\n\
        31 30 254:1 / /srv/local rw - xfs /dev/vdb rw\n\
        32 22 0:26 / /mnt/my\\040share rw shared:8 - cifs //host/share rw\n\
        33 22 0:27 / /home rw - ext4 /dev/vdc rw\n\
        34 33 0:28 / /home rw - fuse.sshfs me@host: rw\n\
        a line that is none\n";

    fn at(path: &str) -> Option<String> {
        file_system_of(MOUNTS, Path::new(path))
    }

    #[test]
    fn the_deepest_mount_is_the_one() {
        assert_eq!(at("/var/users.db").as_deref(), Some("ext4"));
        assert_eq!(at("/srv/users.db").as_deref(), Some("nfs4"));
        assert_eq!(at("/srv/local/users.db").as_deref(), Some("xfs"));
        assert_eq!(at("/srv2/users.db").as_deref(), Some("ext4"));
    }

    #[test]
    fn a_mount_point_may_have_blanks() {
        assert_eq!(at("/mnt/my share/users.db").as_deref(), Some("cifs"));
    }

    #[test]
    fn of_two_mounts_at_one_point_the_later_is_seen() {
        assert_eq!(at("/home/users.db").as_deref(), Some("fuse.sshfs"));
    }

    #[test]
    fn nothing_is_known_without_mounts() {
        assert_eq!(file_system_of(b"", Path::new("/users.db")), None);
    }

    #[test]
    fn what_is_of_another_machine_is_told_from_what_is_local() {
        for network in ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.sshfs", "virtiofs"] {
            assert!(is_network(network), "{network}");
        }
        for local in ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "fuseblk", "fuse.fuse-overlayfs"] {
            assert!(!is_network(local), "{local}");
        }
    }
}
