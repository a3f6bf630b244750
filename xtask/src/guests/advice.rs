//! The message for a machine without a toolchain for guests.

use super::TARGET;

/// Debian's packages for both languages. `.ci/run` installs the same.
const DEBIAN: &str = "apt-get install --no-install-recommends rustc-web cargo-web rust-web-src \
                      clang-22 lld-22 libclang-rt-22-dev-wasm32 wasi-libc";

/// For a language without a toolchain: what was tried, and what to install.
pub fn nothing_to_build_with(language: &str, tried: &[String]) -> String {
    let first = match language {
        "Rust" => format!("rustup: `rustup target add {TARGET}`"),
        _ => "wasi-sdk: unpack a release, and set WASI_SDK_PATH to its directory".to_owned(),
    };
    format!(
        "no toolchain can build the guests in {language}\n  tried:\n    {}\n  install one \
         of these:\n    {first}\n    Debian 12: `{DEBIAN}`",
        tried.join("\n    ").replace('\n', "\n    ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_what_was_tried_and_what_to_install() {
        let text = nothing_to_build_with("Rust", &["no rustc on PATH".into()]);
        assert!(text.contains("tried:\n    no rustc on PATH\n"), "{text}");
        assert!(text.contains("rustup target add wasm32-wasip1"), "{text}");
        let text = nothing_to_build_with("C", &[]);
        assert!(text.contains("WASI_SDK_PATH") && text.contains("clang-22"), "{text}");
    }
}
