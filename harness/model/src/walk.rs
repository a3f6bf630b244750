//! Path resolution: from a directory to what a path names, without ever leaving that directory.

use crate::branch::{Branches, Rule};
use crate::call::{Fd, Given};
use crate::errno::*;
use crate::files::{Ino, Inode};
use crate::state::{Descriptor, State};

/// What a path leads to.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory of the last name.
    pub parent: Ino,
    pub name: Vec<u8>,
    /// What has the name, if something does.
    pub ino: Option<Ino>,
    /// Whether a slash follows, which requires a directory.
    pub slash: bool,
    pub ends: Ends,
}

/// How a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Name,
    /// In `.`: it names a directory, but not which entry of which directory.
    Dot,
    /// In `..`, likewise.
    Dotdot,
}

/// What to do with a symbolic link at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    Follow,
    /// Follow it only if a slash requires a directory.
    FollowBeforeSlash,
    Keep,
}

/// A path may lead through so many symbolic links everywhere.
const FEWEST_LINKS: usize = 8;

struct Refused(&'static [Errno], Rule);

impl<'s> Branches<'s> {
    /// The directory of a call on a path, which must have the right for that call.
    pub fn directory(&mut self, fd: Fd, right: u64) -> Option<(&'s Descriptor, Ino)> {
        let descriptor = self.open(fd, "paths.badf")?;
        self.fail_if(!descriptor.has(right), &[NOTCAPABLE], "paths.right");
        match self.state.inode(descriptor) {
            Some((ino, inode)) if inode.is_directory() => Some((descriptor, ino)),
            _ => {
                self.fail(&[NOTCAPABLE, NOTDIR], "paths.not_a_directory");
                None
            }
        }
    }

    /// The call changes something that was reached through this descriptor.
    pub fn changes(&mut self, descriptor: &Descriptor) {
        self.fail_if(descriptor.read_only, &[ROFS, NOTCAPABLE, PERM, ACCES], "paths.read_only");
    }

    /// Resolves a path. `sandbox` is the rule that keeps this call inside.
    pub fn walk(
        &mut self,
        from: Ino,
        path: &Given<Vec<u8>>,
        last: Last,
        sandbox: Rule,
    ) -> Option<Place> {
        let path = self.needs(path.as_ref().map_err(|fault| *fault))?;
        let is_long = path.len() > self.state.host.limits.path;
        if is_long {
            self.may_fail(&[NAMETOOLONG], "paths.path_max");
        }
        let mut links = 0;
        let place = walk(self.state, from, path, (last, sandbox), &mut links);
        if links > FEWEST_LINKS {
            self.may_fail(&[LOOP], "paths.symlink_many");
        }
        if let Err(Refused(errnos, rule)) = place {
            self.fail(errnos, rule);
            if is_long {
                // Some file systems allow longer names.
                self.fail(&[NOENT], "paths.path_max");
            }
        }
        place.ok()
    }

    /// A call that removes names may refuse `link/` for the link that it is.
    pub fn may_refuse_link(&mut self, from: Ino, path: &Given<Vec<u8>>, sandbox: Rule) {
        let Ok(path) = path else { return };
        let place = walk(self.state, from, path, (Last::Keep, sandbox), &mut 0);
        let is_link = |ino| self.state.files.get(ino).target().is_some();
        if place.is_ok_and(|place| place.slash && place.ino.is_some_and(is_link)) {
            self.may_fail(&[NOTDIR], "paths.slash_on_symlink");
        }
    }

    /// Resolves a path to something that exists.
    pub fn find(
        &mut self,
        from: Ino,
        path: &Given<Vec<u8>>,
        last: Last,
        sandbox: Rule,
    ) -> Option<(Place, Ino, &'s Inode)> {
        let place = self.walk(from, path, last, sandbox)?;
        let Some(ino) = place.ino else {
            let rule = if last == Last::Follow { "paths.dangling" } else { "paths.missing" };
            self.fail(&[NOENT], rule);
            return None;
        };
        let inode = self.state.files.get(ino);
        let is_bad = place.slash && !inode.is_directory();
        self.fail_if(is_bad, &[NOTDIR], "paths.slash_on_file");
        Some((place, ino, inode))
    }

    /// Resolves the path of a name that is to be created for something that is no directory.
    pub fn find_new(
        &mut self,
        from: Ino,
        path: &Given<Vec<u8>>,
        existing: Rule,
        sandbox: Rule,
    ) -> Option<Place> {
        let place = self.walk(from, path, Last::Keep, sandbox)?;
        match place.ino {
            Some(ino) => {
                self.fail(&[EXIST], existing);
                if place.slash && !self.state.files.get(ino).is_directory() {
                    self.fail(&[NOTDIR], "paths.slash_on_file");
                }
            }
            None => {
                self.fail_if(place.slash, &[NOENT, NOTDIR], "paths.slash_on_missing");
            }
        }
        Some(place)
    }
}

/// Whether the bytes are a path at all.
pub fn check_text(path: &[u8]) -> Result<(), (&'static [Errno], Rule)> {
    if std::str::from_utf8(path).is_err() {
        return Err((&[ILSEQ], "paths.utf8"));
    }
    if path.contains(&0) {
        return Err((&[ILSEQ, INVAL, NOENT], "paths.nul"));
    }
    Ok(())
}

fn walk(
    state: &State,
    from: Ino,
    path: &[u8],
    (last, sandbox): (Last, Rule),
    links: &mut usize,
) -> Result<Place, Refused> {
    check_text(path).map_err(|(errnos, rule)| Refused(errnos, rule))?;
    if path.is_empty() {
        return Err(Refused(&[NOENT], "paths.empty"));
    }
    let outside = Refused(&[NOTCAPABLE, PERM], sandbox);
    if path[0] == b'/' {
        return Err(outside);
    }
    let limits = &state.host.limits;
    let mut slash = path.ends_with(b"/");
    // What is left of the path, from its end to its beginning.
    let mut left: Vec<&[u8]> = split(path).collect();
    // The directories from the first one down to the present one.
    let mut stack = vec![from];
    while let Some(name) = left.pop() {
        let here = *stack.last().expect("the first directory stays");
        let is_last = left.is_empty();
        let ends = match name {
            b"." => Ends::Dot,
            b".." if stack.len() == 1 => return Err(outside),
            b".." => {
                stack.pop();
                Ends::Dotdot
            }
            _ => Ends::Name,
        };
        if ends != Ends::Name {
            if is_last {
                let ino = *stack.last().expect("the first directory stays");
                return Ok(Place { parent: ino, name: Vec::new(), ino: Some(ino), slash, ends });
            }
            continue;
        }
        if name.len() > limits.name {
            return Err(Refused(&[NAMETOOLONG], "paths.name_too_long"));
        }
        let found = state.files.lookup(here, name);
        let target = found.and_then(|ino| state.files.get(ino).target());
        let follows = !is_last || last == Last::Follow || slash && last == Last::FollowBeforeSlash;
        if let (Some(target), true) = (target, follows) {
            *links += 1;
            if *links > limits.links {
                return Err(Refused(&[LOOP], "paths.loop"));
            }
            if target.is_empty() {
                return Err(Refused(&[NOENT], "paths.missing"));
            }
            if target[0] == b'/' {
                return Err(outside);
            }
            slash |= is_last && target.ends_with(b"/");
            left.extend(split(target));
            continue;
        }
        if is_last {
            return Ok(Place { parent: here, name: name.into(), ino: found, slash, ends });
        }
        match found {
            None => return Err(Refused(&[NOENT], "paths.missing")),
            Some(ino) if !state.files.get(ino).is_directory() => {
                return Err(Refused(&[NOTDIR], "paths.file_on_the_way"));
            }
            Some(ino) => stack.push(ino),
        }
    }
    unreachable!("a path that is not empty and not absolute has a last component")
}

/// The components of a path, the last one first. Slashes that follow each other count as one.
fn split(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty())
}
