//! Whether what the guest printed is allowed, statement by statement.

use std::fmt;

use model::{Branch, Call, Clocks, Interest, Outcome, Rule, State, StreamKind, allowed};

use crate::operands::Place;
use crate::shown::Shown;
use crate::verbs::{self, Made, Show, Success};
use crate::word::Statement;
use crate::world::{Stop, World};

/// A statement takes at least so long, in nanoseconds.
const STATEMENT: u64 = 1000;
/// No case waits longer.
const LONGEST: u64 = 60_000_000_000;
/// The exit status of the guest if it does not find a preopen.
const NO_PREOPEN: u32 = 70;

/// What was observed of the guest.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    pub stdout: &'a [u8],
    /// None if it counts for nothing.
    pub stderr: Option<&'a [u8]>,
    pub ending: Ending,
}

/// How the guest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Exit(u32),
    Trap,
    /// It waits for something that never happens.
    Timeout,
    /// In a way that preview 1 does not have.
    Other,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exit(code) => write!(f, "(exits with {code})"),
            Ending::Trap => f.write_str("(traps)"),
            Ending::Timeout => f.write_str("(waits)"),
            Ending::Other => f.write_str("(ends)"),
        }
    }
}

/// Something that the model allows, as the guest shows it, and the rules that allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub shown: String,
    pub rules: Vec<Rule>,
}

/// The first statement after which nothing is possible any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its place; the number of statements if all were made.
    pub place: usize,
    pub statement: String,
    pub observed: String,
    pub allowed: Vec<Allowed>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.statement, self.observed)?;
        for Allowed { shown, rules } in &self.allowed {
            write!(f, "\n  allowed by {}: {shown}", rules.join(", "))?;
        }
        Ok(())
    }
}

/// A statement that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub statement: String,
    pub message: String,
}

/// All that the model allows after these statements, or the first of them after which nothing is. Each
/// result that was possible comes with its rules.
pub fn check(
    start: &State,
    stdin: &[u8],
    statements: &[String],
    observed: Observed,
) -> Result<Result<Vec<Allowed>, Refusal>, Mistake> {
    let checker = Checker { stdin, observed };
    let begin = Possible { state: start.clone(), world: World::default(), at: [0; 2], ended: None };
    let (mut possible, mut taken) = (vec![begin], Vec::new());
    for (place, text) in statements.iter().enumerate() {
        let mistake = |message| Mistake { statement: text.clone(), message };
        let mut steps = Vec::new();
        for before in &possible {
            match before.ended {
                None => steps.extend(checker.steps(before, text).map_err(mistake)?),
                Some(_) => steps.push(Step { allowed: None, after: Some(before.clone()) }),
            }
        }
        let mut next: Vec<Possible> = Vec::new();
        let mut refused = Vec::new();
        for Step { allowed, after } in steps {
            match after {
                Some(after) => {
                    taken.extend(allowed);
                    if !next.contains(&after) {
                        next.push(after);
                    }
                }
                None => refused.extend(allowed.filter(|allowed| !refused.contains(allowed))),
            }
        }
        if next.is_empty() {
            let at = possible.iter().map(|before| before.at[0]).max().unwrap_or(0);
            let observed = checker.seen(at, text);
            let statement = text.clone();
            return Ok(Err(Refusal { place, statement, observed, allowed: refused }));
        }
        possible = next;
    }
    let at = possible.iter().map(|after| after.at[0]).max().unwrap_or(0);
    let is_over =
        |after: &Possible| after.ended.is_some() || checker.is_over(&after.at, Ending::Exit(0));
    Ok(match possible.iter().any(is_over) {
        true => Ok(taken),
        false => Err(Refusal {
            place: statements.len(),
            statement: "the end".into(),
            observed: checker.seen(at, ""),
            allowed: vec![Allowed { shown: Ending::Exit(0).to_string(), rules: Vec::new() }],
        }),
    })
}

/// Where the guest may be.
#[derive(Clone, PartialEq)]
struct Possible {
    state: State,
    world: World,
    /// How much of stdout and of stderr it has written.
    at: [usize; 2],
    ended: Option<Ending>,
}

/// Something that a statement may come to. `after` is none if that was not observed.
struct Step {
    allowed: Option<Allowed>,
    after: Option<Possible>,
}

struct Checker<'a> {
    stdin: &'a [u8],
    observed: Observed<'a>,
}

impl Checker<'_> {
    fn is_over(&self, at: &[usize; 2], ending: Ending) -> bool {
        let stderr = self.observed.stderr.is_none_or(|stderr| at[1] == stderr.len());
        at[0] == self.observed.stdout.len() && stderr && self.observed.ending == ending
    }

    /// The result that was printed for a statement, or what was instead.
    fn seen(&self, at: usize, statement: &str) -> String {
        let rest = &self.observed.stdout[at..];
        match printed(rest, statement) {
            Some(result) => result.into(),
            None if rest.is_empty() => self.observed.ending.to_string(),
            None => String::from_utf8_lossy(rest).lines().next().unwrap_or_default().into(),
        }
    }

    fn steps(&self, before: &Possible, text: &str) -> Result<Vec<Step>, String> {
        let mut statement = Statement::parse(text.as_bytes())?;
        let verb = verbs::find(&statement.verb);
        let verb = verb.ok_or_else(|| format!("no verb `{}`", statement.verb))?;
        let mut before = before.clone();
        before.pass(STATEMENT);
        let name = statement.name.as_deref();
        let mut place = Place { world: &mut before.world, state: &before.state };
        match verb(&mut statement.operands, &mut place) {
            Err(Stop::Usage(message)) => Err(message),
            Err(Stop::NoPreopen) => {
                let shown = Shown::text("no preopen");
                let after = self.print(before, text, &shown);
                let after = after.and_then(|after| self.end(after, Ending::Exit(NO_PREOPEN)));
                Ok(vec![Step { allowed: Some(allow(&shown, Vec::new())), after }])
            }
            Err(Stop::Seen(shown)) => {
                if let Some(name) = name {
                    before.world.bind(name, None);
                }
                let after = self.print(before, text, &shown);
                Ok(vec![Step { allowed: Some(allow(&shown, Vec::new())), after }])
            }
            Ok(Made { call, show, passes }) => {
                let step = |(clocks, branch)| {
                    self.step(&before, (text, name), (&show, passes), clocks, branch)
                };
                Ok(outcomes(&before.state, &call).into_iter().map(step).collect())
            }
        }
    }

    fn step(
        &self,
        before: &Possible,
        (text, name): (&str, Option<&str>),
        (show, passes): (&Show, u64),
        clocks: Clocks,
        branch: Branch,
    ) -> Step {
        let mut after = before.clone();
        // The other end of a new connection sends stdin.
        if let Some(state) = branch.next {
            after.state = state;
        }
        if after.state.streams.len() > before.state.streams.len()
            && let Some(stream) = after.state.streams.last_mut()
        {
            stream.arrived = self.stdin.to_vec();
        }
        after.state.clocks = clocks;
        let (shown, value) = match &branch.outcome {
            Outcome::Succeeds(value) => {
                after.pass(passes);
                let (shown, named) = show(&Success { value });
                (shown.of_success(), named)
            }
            Outcome::Fails(errno) => (Shown::text(errno.name()), None),
            Outcome::Traps => return self.ending(after, Ending::Trap, branch.rules),
            Outcome::Exits(code) => return self.ending(after, Ending::Exit(*code), branch.rules),
            Outcome::Waits => return self.ending(after, Ending::Timeout, branch.rules),
        };
        if let Some(name) = name {
            after.world.bind(name, value);
        }
        let after = self.pass_on(after).and_then(|after| self.print(after, text, &shown));
        Step { allowed: Some(allow(&shown, branch.rules)), after }
    }

    fn ending(&self, after: Possible, ending: Ending, rules: Vec<Rule>) -> Step {
        let shown = ending.to_string();
        Step { allowed: Some(Allowed { shown, rules }), after: self.end(after, ending) }
    }

    fn end(&self, mut after: Possible, ending: Ending) -> Option<Possible> {
        after.ended = Some(ending);
        self.is_over(&after.at, ending).then_some(after)
    }

    /// The guest prints the line of a statement, by a call of its own. None if that is not what was
    /// observed.
    fn print(&self, mut after: Possible, text: &str, shown: &Shown) -> Option<Possible> {
        let result = printed(&self.observed.stdout[after.at[0]..], text);
        let result = result.filter(|result| shown.matches(result));
        let result = result.map_or_else(|| shown.first(), str::to_owned);
        let line = format!("{text} -> {result}\n").into_bytes();
        let call = Call::FdWrite { fd: 1, data: Ok(line), to: Ok(()) };
        // A line that cannot be written is lost.
        let written = allowed(&after.state, &call).into_iter().find_map(|branch| branch.next);
        if let Some(state) = written {
            after.state = state;
        }
        self.pass_on(after)
    }

    /// Compares what was written to stdout and stderr. The other end of a socket sends back what it
    /// gets.
    fn pass_on(&self, mut after: Possible) -> Option<Possible> {
        for place in 0..after.state.streams.len() {
            let stream = &after.state.streams[place];
            if stream.written.is_empty() && !stream.shut_wr {
                continue;
            }
            let stream = &mut after.state.streams[place];
            let written = std::mem::take(&mut stream.written);
            match (place, stream.kind) {
                (1 | 2, StreamKind::Output) => {
                    let observed = [Some(self.observed.stdout), self.observed.stderr][place - 1];
                    let at = &mut after.at[place - 1];
                    if observed.is_some_and(|all| !all[*at..].starts_with(&written)) {
                        return None;
                    }
                    *at += written.len();
                }
                _ => {
                    stream.arrived.extend(written);
                    stream.ended |= stream.shut_wr;
                }
            }
        }
        Some(after)
    }
}

impl Possible {
    fn pass(&mut self, nanoseconds: u64) {
        self.state.clocks = later(self.state.clocks, nanoseconds);
        self.state.began = self.state.clocks;
    }
}

/// The result that the guest printed for a statement, if this is its line.
fn printed<'a>(output: &'a [u8], statement: &str) -> Option<&'a str> {
    let rest = output.strip_prefix(statement.as_bytes())?.strip_prefix(b" -> ")?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    std::str::from_utf8(&rest[..end]).ok()
}

fn allow(shown: &Shown, rules: Vec<Rule>) -> Allowed {
    Allowed { shown: shown.to_string(), rules }
}

fn later(clocks: Clocks, nanoseconds: u64) -> Clocks {
    let add = |time: u64| time.saturating_add(nanoseconds);
    Clocks {
        realtime: add(clocks.realtime),
        monotonic: add(clocks.monotonic),
        process: add(clocks.process),
        thread: add(clocks.thread),
    }
}

/// The outcomes of a call, with what the clocks then show. Nobody knows how long it took, so each of its
/// timeouts may have passed.
fn outcomes(state: &State, call: &Call) -> Vec<(Clocks, Branch)> {
    let mut durations = vec![0];
    if let Call::PollOneoff { subscriptions: Ok(subscriptions), .. } = call {
        durations.extend(subscriptions.iter().filter_map(|subscription| {
            let Interest::Clock { clock, timeout, flags } = subscription.interest else {
                return None;
            };
            let duration = match flags {
                0 => timeout,
                _ => timeout.saturating_sub(state.began.get(clock)?),
            };
            Some(duration).filter(|duration| *duration <= LONGEST)
        }));
    }
    durations.sort_unstable();
    durations.dedup();
    let mut all = Vec::new();
    for (place, duration) in durations.iter().enumerate() {
        let mut state = state.clone();
        state.clocks = later(state.clocks, *duration);
        let is_last = place + 1 == durations.len();
        for branch in allowed(&state, call) {
            if branch.outcome != Outcome::Waits || is_last {
                all.push((state.clocks, branch));
            }
        }
    }
    all
}
