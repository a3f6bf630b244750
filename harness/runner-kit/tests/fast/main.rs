//! The protocol as text, and the loop that every library runner has, served by a whole runner.

mod protocol;
mod runner;
mod serve;
mod streams;
