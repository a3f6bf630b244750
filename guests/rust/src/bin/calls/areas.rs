//! The verbs by area of the interface.

mod clock;
mod descriptor;
mod directory;
mod environ;
mod io;
mod path;
mod poll;
mod prestat;
mod proc;
mod random;
mod sock;

use crate::verbs::Verb;

pub const ALL: [&[Verb]; 11] = [
    descriptor::VERBS,
    io::VERBS,
    directory::VERBS,
    prestat::VERBS,
    path::VERBS,
    clock::VERBS,
    environ::VERBS,
    random::VERBS,
    poll::VERBS,
    proc::VERBS,
    sock::VERBS,
];
