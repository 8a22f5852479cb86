//! Bytes as lower-case hex, and back.

use std::fmt;

/// Writes the bytes as lower-case hex.
pub(crate) fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads exactly `N` bytes from lower-case hex.
pub(crate) fn read<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let mut bytes = [0; N];
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn only_lower_case_hex_of_the_right_length_is_read() {
        assert_eq!(read(b"00ff9a"), Some([0x00, 0xff, 0x9a]));
        assert_eq!(read(b""), Some([]));
        for wrong in ["00ff9", "00ff", "00ff9a00", "00FF9a", "00fg9a", "00 f9a", "+0ff9a", "00f\u{e9}9"] {
            assert_eq!(read::<3>(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
