//! The protocol as text, and the loop of library runners, tested with a whole runner.

mod protocol;
mod runner;
mod serve;
mod streams;
