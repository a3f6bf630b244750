//! How bytes are shown: as the language of statements writes them, so that output can be pasted
//! into a statement.

/// Runs of one byte that are at least this long are shown as `repeat(…)`.
const LONG_RUN: usize = 16;
/// Text that would be longer than this is summarized instead.
const LONG_TEXT: usize = 240;

/// `"hello"`, `repeat("\0",65536)`, `concat("ab",repeat("c",20))`, or, for long text without a form
/// like these, `<70000 bytes crc32=0badcafe>`.
pub fn show(bytes: &[u8]) -> String {
    let parts = parts(bytes);
    let shown = match parts.as_slice() {
        [] => quote(b""),
        [part] => part.clone(),
        several => format!("concat({})", several.join(",")),
    };
    if shown.len() > LONG_TEXT {
        return sum_up(bytes);
    }
    shown
}

/// Length and CRC-32, for text that would otherwise be too long.
pub fn sum_up(bytes: &[u8]) -> String {
    format!("<{} bytes crc32={:08x}>", bytes.len(), crc32(bytes))
}

/// A name, without quotes if a statement may write it without.
pub fn show_name(name: &[u8]) -> String {
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte) || !byte.is_ascii();
    match std::str::from_utf8(name) {
        Ok(text) if !name.is_empty() && name.len() < 100 && name.iter().all(plain) => text.into(),
        _ => show(name),
    }
}

/// In double quotes, with escapes for everything that is not printable UTF-8.
pub fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => quoted.push_str("\\n"),
                '\t' => quoted.push_str("\\t"),
                '\0' => quoted.push_str("\\0"),
                '\\' => quoted.push_str("\\\\"),
                '"' => quoted.push_str("\\\""),
                '\x01'..='\x1f' | '\x7f' => push_hex(&mut quoted, character as u8),
                _ => quoted.push(character),
            }
        }
        for byte in chunk.invalid() {
            push_hex(&mut quoted, *byte);
        }
    }
    quoted.push('"');
    quoted
}

fn push_hex(quoted: &mut String, byte: u8) {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    quoted.extend(['\\', 'x', digit(byte >> 4), digit(byte & 15)]);
}

/// The pieces of a text: each long run, and the parts between runs.
fn parts(bytes: &[u8]) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|byte| **byte == bytes[at]).count();
        if run >= LONG_RUN {
            if start < at {
                parts.push(quote(&bytes[start..at]));
            }
            parts.push(format!("repeat({},{run})", quote(&bytes[at..=at])));
            start = at + run;
        }
        at += run;
    }
    if start < at {
        parts.push(quote(&bytes[start..at]));
    }
    parts
}

/// The checksum of zip and PNG, which common tools print too.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        let crc = crc ^ u32::from(*byte);
        let crc = (crc >> 4) ^ HALF_BYTES[crc as usize & 15];
        (crc >> 4) ^ HALF_BYTES[crc as usize & 15]
    })
}

/// What half a byte adds to a CRC-32: going bit by bit would take an interpreter too long.
const HALF_BYTES: [u32; 16] = {
    let mut table = [0; 16];
    let mut half = 0;
    while half < table.len() {
        let mut crc = half as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[half] = crc;
        half += 1;
    }
    table
};
