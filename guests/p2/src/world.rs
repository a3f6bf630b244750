//! The state that statements share, and the function that each statement calls.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use wasip2::filesystem::preopens;

use crate::args::Args;
use crate::outcome::{Called, Stop, done, plain};
use crate::value::Value;
use crate::word::Statement;
use crate::{cli, clocks, filesystem, io, random, sockets};

pub struct World {
    /// `None`: the statement that should have produced it failed.
    named: BTreeMap<String, Option<Value>>,
    /// Requested when one is first named.
    preopens: OnceCell<Vec<(String, Value)>>,
}

impl World {
    pub fn new() -> Self {
        World { named: BTreeMap::new(), preopens: OnceCell::new() }
    }

    /// Binds a name, with each ending, to what a statement returned. If that is nothing, later
    /// statements know that the name has no value.
    pub fn bind(&mut self, name: &str, values: Vec<(&'static str, Value)>) {
        self.named.insert(name.to_owned(), None);
        for (ending, value) in values {
            self.named.insert(format!("{name}{ending}"), Some(value));
        }
    }

    /// The value of a name, or a preopen, whose names start with a slash.
    pub fn value(&self, name: &str) -> Result<&Value, Stop> {
        if name.starts_with('/') {
            let all = self.preopens.get_or_init(|| {
                let all = preopens::get_directories().into_iter();
                all.map(|(descriptor, name)| (name, Value::Descriptor(descriptor))).collect()
            });
            let found = all.iter().find(|(known, _)| known == name);
            return found.map(|(_, value)| value).ok_or_else(|| Stop::Unbound(name.to_owned()));
        }
        match self.named.get(name) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(Stop::Unbound(name.to_owned())),
            // The parts of a failed result have their own names.
            None => match name.rsplit_once('.').map(|(whole, _)| self.named.get(whole)) {
                Some(Some(None)) => Err(Stop::Unbound(name.to_owned())),
                _ => Err(Stop::Usage(format!("no statement before this one names `{name}`"))),
            },
        }
    }
}

/// Makes the call that a statement describes.
pub fn call(statement: &mut Statement, world: &mut World) -> Called {
    let called = dispatch(statement, world)?;
    statement.args.end()?;
    Ok(called)
}

fn dispatch(statement: &mut Statement, world: &mut World) -> Called {
    let Statement { object, verb, args, .. } = statement;
    let verb = verb.as_str();
    if let (None, "drop") = (&object, verb) {
        let name = args.text("a name")?;
        world.value(&name)?;
        // The name stays unknown: using it after this is a mistake in the case.
        drop(world.named.remove(&name));
        return done(());
    }
    let world = &*world;
    let Some(object) = object else {
        if verb == "compare" {
            return compare(args, world);
        }
        let functions = [cli::call, clocks::call, random::call, io::call, sockets::call];
        let mut called = None;
        for function in functions {
            called = called.or_else(|| function(verb, args, world));
        }
        return called.unwrap_or_else(|| Err(Stop::Usage(format!("no function `{verb}`"))));
    };
    match world.value(object)? {
        Value::Descriptor(it) => filesystem::descriptor(it, verb, args, world),
        Value::Entries(it) => filesystem::entries(it, verb),
        Value::Input(it) => io::input(it, verb, args, world),
        Value::Output(it) => io::output(it, verb, args, world),
        Value::Pollable(it) => io::pollable(it, verb),
        Value::Tcp(it) => sockets::tcp::call(it, verb, args, world),
        Value::Udp(it) => sockets::udp::socket(it, verb, args, world),
        Value::Incoming(it) => sockets::udp::incoming(it, verb, args, world),
        Value::Outgoing(it) => sockets::udp::outgoing(it, verb, args, world),
        Value::Addresses(it) => sockets::lookup::addresses(it, verb),
        _ => Err(Stop::Usage(format!("`{object}` has no methods"))),
    }
}

/// How two values relate: `compare A B`.
fn compare(args: &mut Args, world: &World) -> Called {
    let (a, b) = (args.named("a name", world)?, args.named("a name", world)?);
    let same = |same: bool| if same { "same" } else { "different" };
    let shown = match (a, b) {
        (Value::Number(a), Value::Number(b)) => match a.cmp(b) {
            core::cmp::Ordering::Less => "less",
            core::cmp::Ordering::Equal => "same",
            core::cmp::Ordering::Greater => "greater",
        },
        (Value::Bytes(a), Value::Bytes(b)) => same(a == b),
        (Value::Hash(a), Value::Hash(b)) => same((a.lower, a.upper) == (b.lower, b.upper)),
        (Value::Address(a), Value::Address(b)) => {
            same(sockets::address::of_wit(a) == sockets::address::of_wit(b))
        }
        (Value::Stat(a), Value::Stat(b)) => same(filesystem::stat::is_same(a, b)),
        _ => return Err(Stop::usage("these cannot be compared")),
    };
    plain(shown.to_owned())
}
