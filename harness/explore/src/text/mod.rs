//! Scenarios as text: a line for each entry of the tree, then a line for each call, as a statement of
//! `rust-calls`.
//!
//! Where a statement cannot say something (see [`inexpressible`]), the line is one that only this crate
//! reads.

pub(crate) mod form;
mod parse;
mod print;
mod words;

pub use parse::scenario as parse;
pub use print::{PREOPEN, inexpressible, lines, statements};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Generator, Matrix, Options, Scenario, World};

    fn survives(scenario: &Scenario) {
        let text = lines(scenario).join("\n");
        assert_eq!(parse(&text).as_ref(), Ok(scenario), "{text}");
    }

    #[test]
    fn scenarios_survive_their_text() {
        let options = Options { alone: 20, ..Options::new(3) };
        Generator::new(options, World::default()).take(2000).for_each(|each| survives(&each));
        let matrix = Matrix::default();
        (0..matrix.len()).step_by(41).filter_map(|at| matrix.get(at)).for_each(|s| survives(&s));
    }

    #[test]
    fn calls_are_statements_of_rust_calls() {
        let text = r#"
            # A file and a link to it.
            file a hello
            symlink l "a"
            f0 = path_open /data l excl|trunc follow fdflags=append rights=rw-fd_seek -> success
            fd_pwrite f0 7 x concat("ab",repeat("c",20)) ""
            fd_seek f0 -5 end
            poll_oneoff clock:monotonic:0 7@fd_read:f0
            path_rename /data "\xff/" /data b new=0xfffffff8
        "#;
        let shown = [
            "file a hello",
            "symlink l a",
            "f0 = path_open /data l excl|trunc follow fdflags=append rights=rw-fd_seek",
            r#"fd_pwrite f0 7 x concat("ab",repeat("c",20)) """#,
            "fd_seek f0 -5 end",
            "poll_oneoff clock:monotonic:0 7@fd_read:f0",
            r#"path_rename /data "\xff/" /data b new=0xfffffff8"#,
        ];
        let scenario = parse(text).unwrap();
        assert_eq!(lines(&scenario), shown);
        assert!(scenario.is_alone());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, message) in [
            ("fd_tall 3", "line 1: there is no function `fd_tall`"),
            ("fd_tell 3 4", "line 1: `4` has no meaning here"),
            ("\nfd_tell", "line 2: an operand is missing"),
            ("fd_tell fx", "line 1: no call has opened `fx`"),
            ("path_open /data a wild", "line 1: `wild` is none of the oflags"),
            ("fd_read 0 60000 60000", "line 1: its operands are too long"),
            ("fd_read 0 4294967295", "line 1: its operands are too long"),
            ("g = path_open /data a", "line 1: what this opens is called `f0`"),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()));
        }
    }
}
