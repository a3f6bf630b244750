//! Bytes as text and back. What is UTF-8 stays as it is; other bytes are written `\xNN`; and no two
//! sequences of bytes have the same text.
//!
//! A text that looks like such a byte gets more backslashes than it has. Which of the two is written
//! without any more depends on where it is:
//!
//! | | the byte 0xff | the text `\xff` | the text `\\xff` |
//! | --- | --- | --- | --- |
//! | names of files, targets of links, contents of files | `\xff` | `\\xff` | `\\\\xff` |
//! | output, where guests print bytes in this way | `\\xff` | `\xff` | `\\\xff` |
//!
//! Only 0x80 to 0xff, in lower case, are written in this way: all other bytes are UTF-8.

use std::ffi::OsString;
use std::fmt::Write;
use std::os::unix::ffi::OsStringExt;

/// A name of a file, the target of a link, or the contents of a file.
pub fn name(bytes: &[u8]) -> String {
    to_text(bytes, |texts| 2 * texts, |before| 2 * before + 1)
}

/// The name that a text stands for.
pub fn to_name(text: &str) -> OsString {
    let bytes = to_bytes(text, |count| match count % 2 {
        0 => Meaning::Text(count / 2),
        _ => Meaning::Byte(count / 2),
    });
    OsString::from_vec(bytes)
}

/// What a guest printed.
pub fn output(bytes: &[u8]) -> String {
    to_text(bytes, |texts| 2 * texts - 1, |before| 2 * before + 2)
}

/// The output that a text stands for.
pub fn to_output(text: &str) -> Vec<u8> {
    to_bytes(text, |count| match count % 2 {
        0 => Meaning::Byte(count / 2 - 1),
        _ => Meaning::Text(count / 2 + 1),
    })
}

/// Backslashes before `xNN`: so many of them are text, and the rest is either text or a byte.
enum Meaning {
    Text(usize),
    Byte(usize),
}

/// `of_text` and `of_byte` say how many backslashes are written for those before a text that looks like
/// a byte (one at least), and for those before a byte and its own.
fn to_text(
    bytes: &[u8],
    of_text: impl Fn(usize) -> usize,
    of_byte: impl Fn(usize) -> usize,
) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut pending = 0;
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(c) = rest.chars().next() {
            if c == '\\' {
                pending += 1;
            } else {
                let count =
                    if pending > 0 && looks_like_a_byte(rest) { of_text(pending) } else { pending };
                out.extend(std::iter::repeat_n('\\', count));
                pending = 0;
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
        for byte in chunk.invalid() {
            out.extend(std::iter::repeat_n('\\', of_byte(pending)));
            pending = 0;
            write!(out, "x{byte:02x}").expect("writing to a String cannot fail");
        }
    }
    out.extend(std::iter::repeat_n('\\', pending));
    out
}

fn to_bytes(text: &str, meaning: impl Fn(usize) -> Meaning) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let after = rest[at..].trim_start_matches('\\');
        let count = rest.len() - at - after.len();
        rest = after;
        let backslashes = |count| std::iter::repeat_n(b'\\', count);
        if !looks_like_a_byte(after) {
            out.extend(backslashes(count));
            continue;
        }
        match meaning(count) {
            Meaning::Text(count) => out.extend(backslashes(count)),
            Meaning::Byte(count) => {
                out.extend(backslashes(count));
                let byte = u8::from_str_radix(&after[1..3], 16);
                out.push(byte.expect("it has two hexadecimal digits"));
                rest = &after[3..];
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Whether a text begins with `xNN` of a byte that is not UTF-8 by itself.
fn looks_like_a_byte(text: &str) -> bool {
    matches!(text.as_bytes(), [b'x', b'8'..=b'9' | b'a'..=b'f', b'0'..=b'9' | b'a'..=b'f', ..])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn bytes_and_texts_that_look_like_them_are_told_apart() {
        for (bytes, in_names, in_output) in [
            (&b"a\xffb"[..], r"a\xffb", r"a\\xffb"),
            (br"a\xffb", r"a\\xffb", r"a\xffb"),
            (br"\\xff", r"\\\\xff", r"\\\xff"),
            (b"\\\xff", r"\\\xff", r"\\\\xff"),
            (
                "naïve \\n \\x41 \\xFF \\".as_bytes(),
                "naïve \\n \\x41 \\xFF \\",
                "naïve \\n \\x41 \\xFF \\",
            ),
            // A character that is cut short is not UTF-8 either.
            (b"\xc3", r"\xc3", r"\\xc3"),
        ] {
            assert_eq!(name(bytes), in_names);
            assert_eq!(output(bytes), in_output);
        }
    }

    #[test]
    fn every_sequence_of_bytes_has_a_text_of_its_own() {
        let parts: [&[u8]; 7] = [b"\\", b"x", b"ff", b"8", b"\xff", b"\xc3", b"\xa9"];
        let mut all: Vec<Vec<u8>> = vec![vec![]];
        for _ in 0..5 {
            let longer = all.iter().flat_map(|bytes| parts.map(|part| [bytes, part].concat()));
            all = all.iter().cloned().chain(longer).collect();
            all.sort();
            all.dedup();
        }
        let (mut names, mut outputs) = (BTreeMap::new(), BTreeMap::new());
        for bytes in &all {
            assert_eq!(&to_name(&name(bytes)).into_vec(), bytes);
            assert_eq!(&to_output(&output(bytes)), bytes);
            assert_eq!(names.insert(name(bytes), bytes), None);
            assert_eq!(outputs.insert(output(bytes), bytes), None);
        }
        assert!(all.len() > 10_000, "{}", all.len());
    }
}
