//! What lies behind the last record that the head counts.

use super::chain::{self, Link, MOST_LINE_BYTES};
use super::keys::Keys;

/// The bytes behind the last record that the head counts.
pub(super) enum Tail {
    /// None.
    Empty,
    /// One whole record that continues the chain: its process died before it could renew the head.
    Record(Link),
    /// What is left of one: its process, or the machine, died while it was written.
    Unfinished,
    /// Neither, so somebody else wrote it; and what is wrong with it.
    Foreign(&'static str),
}

/// Tells what the bytes are, where `number` is the next record and `previous` is what the last one ends in.
///
/// More than [`MOST_LINE_BYTES`] need not be given: that is too much already.
pub(super) fn tail(bytes: &[u8], number: u64, previous: &str, keys: &Keys) -> Tail {
    if bytes.is_empty() {
        return Tail::Empty;
    }
    let newline = bytes.iter().position(|&byte| byte == b'\n');
    if bytes.len() > MOST_LINE_BYTES || newline.is_some_and(|at| at + 1 < bytes.len()) {
        return Tail::Foreign("the log goes on there, but its head does not count what follows");
    }
    if newline.is_some() {
        match chain::check(bytes, number, previous, keys) {
            Ok(link) => return Tail::Record(link),
            // A sector that was not written before the power went reads as zeros, which no record holds.
            Err(what) if !bytes.contains(&0) => return Tail::Foreign(what),
            Err(_) => {}
        }
    }
    let beginning = format!(r#"{{"n":{number},"time":""#);
    if bytes.iter().zip(beginning.as_bytes()).all(|(&byte, &expected)| byte == expected || byte == 0) {
        Tail::Unfinished
    } else {
        Tail::Foreign("what stands there is not the beginning of a record")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_crash_leaves_is_unfinished() {
        let keys = Keys::derive(&[1; 32]);
        let body = br#"{"n":5,"time":"2026-11-28T10:00:00.000Z","actor":"a"}"#.to_vec();
        let (line, mac) = chain::line(body, "before", &keys);
        let told = |bytes: &[u8]| tail(bytes, 5, "before", &keys);
        assert!(matches!(told(b""), Tail::Empty));
        assert!(matches!(told(&line), Tail::Record(link) if link.mac == mac));
        for cut in 1..line.len() {
            assert!(matches!(told(&line[..cut]), Tail::Unfinished), "{cut}");
            let mut holes = line.clone();
            holes[..cut].fill(0);
            assert!(matches!(told(&holes), Tail::Unfinished), "{cut}");
        }
        let repeated = [line.clone(), line.clone()].concat();
        let long = vec![0; MOST_LINE_BYTES + 1];
        let changed: Vec<u8> = line.iter().map(|&byte| if byte == b'8' { b'7' } else { byte }).collect();
        for foreign in [&repeated[..], &long, &changed, b"x", b"\n", b"{\"n\":6,"] {
            assert!(matches!(told(foreign), Tail::Foreign(_)));
        }
        assert!(matches!(tail(&line, 5, "other", &keys), Tail::Foreign(_)));
        assert!(matches!(tail(&line, 6, "before", &keys), Tail::Foreign(_)));
    }
}
