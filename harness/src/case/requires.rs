//! The capabilities that a case needs of a runtime's embedding. Cases declare them (`requires`); the
//! declaration is checked against needs that are visible or impossible.

use runner_kit::Capability;

use super::{Case, DEFAULT_PREOPEN, Ending, Entry, Expect, PreopenSpec};

/// Every capability, in the order in which a skip names the first that is missing.
pub const ALL: [Capability; 8] = [
    Capability::ReadOnlyPreopens,
    Capability::NamedPreopens,
    Capability::ProgramName,
    Capability::Traps,
    Capability::Sockets,
    Capability::Symlinks,
    Capability::FileTimes,
    Capability::ExitStatuses,
];

/// The capabilities that a case visibly needs, each with the evidence, in the order of [`Capability`].
/// A guest may need more, because names of files can be built into it.
pub fn evident(case: &Case) -> Vec<(Capability, &'static str)> {
    let Expect { exit, stdout, tree, .. } = &case.expect;
    let name = format!("{}.wasm", case.guest);
    let prints_name = stdout.iter().flatten().any(|text| text.contains(&name));
    let uses = |p: &PreopenSpec| p.guest != DEFAULT_PREOPEN || mentions(case, &p.guest);
    let has_files = !case.files.is_empty() || tree.as_ref().is_some_and(|tree| !tree.is_empty());
    [
        (
            Capability::ReadOnlyPreopens,
            case.preopens.iter().any(|p| p.read_only),
            "it has a preopen that is read-only",
        ),
        (Capability::NamedPreopens, has_files, "it has files, which a guest reaches by a preopen"),
        (
            Capability::NamedPreopens,
            !has_files && case.preopens.iter().any(uses),
            "it uses the name of a preopen",
        ),
        (Capability::ProgramName, prints_name, "its stdout has the name of the guest's file"),
        (Capability::Traps, *exit == Some(Ending::Trap), "it expects a trap"),
        (Capability::Sockets, case.socket.is_some(), "its stdin is a socket"),
        (Capability::Symlinks, case.files.have(Entry::is_symlink), "`fs` has a symbolic link"),
        (Capability::FileTimes, case.files.have(Entry::has_times), "`fs` has a file time"),
        (
            Capability::ExitStatuses,
            matches!(exit, Some(Ending::Exit(2..))),
            "it expects an exit status above 1",
        ),
    ]
    .into_iter()
    .filter_map(|(capability, needed, why)| needed.then_some((capability, why)))
    .collect()
}

/// Whether a case may need a capability without visible evidence.
fn can_need_unseen(case: &Case, capability: Capability) -> bool {
    match capability {
        // A name may be built into the guest.
        Capability::NamedPreopens => !case.preopens.is_empty(),
        Capability::ProgramName => true,
        _ => false,
    }
}

/// Everything that a case and its file declare, in the order of [`Capability`]; or the problem and its
/// fix.
pub(super) fn declared(
    case: &Case,
    of_file: &[Capability],
    of_case: &[Capability],
) -> Result<Vec<Capability>, (String, String)> {
    let mut all: Vec<Capability> = Vec::new();
    for &capability in of_file.iter().chain(of_case) {
        if all.contains(&capability) {
            let what = format!("`requires` names `{}` twice", name(capability));
            return Err((what, "name it once, for the case or for the whole file".into()));
        }
        all.push(capability);
    }
    let evident = evident(case);
    for (capability, why) in &evident {
        if !all.contains(capability) {
            let name = name(*capability);
            let what = format!("it needs `{name}`, because {why}, and does not declare it");
            return Err((what, format!("add it: `requires: [{name}]`")));
        }
    }
    for &capability in &all {
        let needed = evident.iter().any(|(known, _)| *known == capability);
        if !needed && !can_need_unseen(case, capability) {
            let name = name(capability);
            let what = format!("it requires `{name}` and does not need it");
            return Err((what, format!("remove `{name}` from `requires`")));
        }
    }
    Ok(ALL.into_iter().filter(|capability| all.contains(capability)).collect())
}

/// A capability as files write it.
fn name(capability: Capability) -> String {
    let value = serde_json::to_value(capability).expect("a word is valid JSON");
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether the guest's input or expected output contains a name.
fn mentions(case: &Case, name: &str) -> bool {
    let Expect { stdout, stderr, .. } = &case.expect;
    let printed = [stdout, stderr].into_iter().flatten().flatten();
    case.args.iter().chain(printed).any(|text| text.contains(name))
}
