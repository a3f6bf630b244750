//! What the guest remembers between statements: named results, and the preopens.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Dirent, Fd, Filestat, State, Time};

use crate::shown::Shown;

/// Preopens come after stdin, stdout and stderr, and are searched up to here.
const PREOPENS: std::ops::RangeInclusive<Fd> = 3..=63;

/// A named result.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Fd(Fd),
    Number(Time),
    Stat(Filestat),
    Entries(Entries),
    Bytes,
}

/// Directory entries, in an order that only the host knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries {
    /// All that the directory has, in the order of the model.
    pub all: Vec<Dirent>,
    /// How many there were, if that is known.
    pub count: Option<usize>,
}

/// Why a statement makes no call.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The guest prints this instead.
    Seen(Shown),
    NoPreopen,
    /// The statement is wrong.
    Usage(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Stop {
        Stop::Usage(message)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// `None`: the statement that should have produced it failed.
    named: BTreeMap<String, Option<Value>>,
    preopens: Option<Vec<(Arc<[u8]>, Fd)>>,
}

impl World {
    pub fn bind(&mut self, name: &str, value: Option<Value>) {
        self.named.insert(name.into(), value);
    }

    pub fn value(&self, name: &str) -> Result<&Value, Stop> {
        match self.named.get(name) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(Stop::Seen(Shown::text(format!("no {name}")))),
            None => Err(Stop::Usage(format!("no statement before this one names `{name}`"))),
        }
    }

    /// The descriptor of the preopen with this name, or with this name without the leading slash.
    pub fn preopen(&mut self, name: &[u8], state: &State) -> Result<Fd, Stop> {
        let preopens = self.preopens.get_or_insert_with(|| preopens(state));
        let named = |name: &[u8]| preopens.iter().find(|preopen| preopen.0[..] == *name);
        let found = named(name).or_else(|| named(name.strip_prefix(b"/")?));
        found.map(|preopen| preopen.1).ok_or(Stop::NoPreopen)
    }
}

/// The guest looks for them once, when it needs the first.
fn preopens(state: &State) -> Vec<(Arc<[u8]>, Fd)> {
    let open = state.descriptors.range(PREOPENS);
    open.filter_map(|(fd, descriptor)| Some((descriptor.preopen.clone()?, *fd))).collect()
}
