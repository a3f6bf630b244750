//! How bytes are shown: as statements write them.

use alloc::format;
use alloc::string::String;

/// A longer text of a single repeated byte is shown as `repeat(…)`.
const LONG: usize = 16;

pub fn show(bytes: &[u8]) -> String {
    match bytes {
        [first, rest @ ..] if bytes.len() >= LONG && rest.iter().all(|byte| byte == first) => {
            format!("repeat({},{})", quote(&bytes[..1]), bytes.len())
        }
        _ => quote(bytes),
    }
}

fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => quoted.push_str("\\n"),
                '\0' => quoted.push_str("\\0"),
                '\\' => quoted.push_str("\\\\"),
                '"' => quoted.push_str("\\\""),
                other => quoted.push(other),
            }
        }
        for byte in chunk.invalid() {
            quoted.push_str(&format!("\\x{byte:02x}"));
        }
    }
    quoted.push('"');
    quoted
}
