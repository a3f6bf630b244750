//! `--help`: every command has examples, and every example parses.

use clap::{Command, CommandFactory, Parser};
use wasi_conformance::cli::Cli;

fn commands(of: &Command) -> Vec<Command> {
    let mut all = Vec::new();
    for command in of.get_subcommands() {
        all.push(command.clone());
        all.extend(commands(command));
    }
    all
}

/// The example lines of a command.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let joined = help.replace("\\\n", " ");
    let (_, examples) = joined.split_once("Examples:\n").unwrap_or_default();
    examples.lines().map(|line| line.trim().to_owned()).collect()
}

/// The words of a line in a shell, as far as examples need it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (i, part) in line.split('\'').enumerate() {
        match i % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

#[test]
fn every_command_has_valid_examples() {
    for command in commands(&Cli::command()) {
        let examples = examples(&command);
        assert!(!examples.is_empty(), "{} has no example", command.get_name());
        for example in examples {
            let typed = example.split(" | ").next().unwrap().split(" # ").next().unwrap();
            let parsed = Cli::try_parse_from(words(typed));
            assert!(parsed.is_ok(), "{example}: {}", parsed.err().unwrap());
        }
    }
}

#[test]
fn there_are_thirteen_commands() {
    let command = Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    assert_eq!(names.len(), 13, "{names:?}");
}

#[test]
fn help_names_the_values_of_options() {
    let help = |name: &str| {
        let mut command = Cli::command();
        command.find_subcommand_mut(name).unwrap().render_long_help().to_string()
    };
    assert!(help("run").contains("- regression: only a regression from the baseline"));
    assert!(help("report").contains("- coverage:"));
    assert!(help("compare").contains("- html:"));
    assert!(help("bless").contains("- unspecified:"));
}
