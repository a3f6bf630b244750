//! The preopens, by their names: `/control`, and one for each scenario, named by its place.

use guests::imports::{fd_prestat_dir_name, fd_prestat_get};
use preview1::{PRESTAT, PRESTAT_DIR};

/// Preopens come after stdin, stdout and stderr.
const FIRST: i32 = 3;
/// A runtime may leave gaps. After so many descriptors that are none, there are no more.
const LONGEST_GAP: i32 = 8;
/// The most scenarios of a batch.
const MOST: usize = 1024;
/// The longest name of a preopen: some runtimes use its path on the host.
const LONGEST_NAME: usize = 4096;

pub struct Preopens {
    pub control: i32,
    /// The descriptor of the file of results.
    pub results: i32,
    /// `u32::MAX` where there is none.
    of_scenarios: [u32; MOST],
}

impl Preopens {
    /// `None` if there is no `/control`.
    pub fn find() -> Option<Preopens> {
        let mut found = Preopens { control: -1, results: -1, of_scenarios: [u32::MAX; MOST] };
        let mut name = [0; LONGEST_NAME];
        let (mut fd, mut gap) = (FIRST, 0);
        while gap < LONGEST_GAP {
            match name_of(fd, &mut name) {
                Some(name) => {
                    gap = 0;
                    found.add(fd, name.rsplit(|&byte| byte == b'/').next().unwrap_or_default());
                }
                None => gap += 1,
            }
            fd += 1;
        }
        (found.control >= 0).then_some(found)
    }

    fn add(&mut self, fd: i32, name: &[u8]) {
        if name == b"control" {
            self.control = fd;
        } else if let Some(place) = number(name)
            && let Some(slot) = self.of_scenarios.get_mut(place)
        {
            *slot = fd as u32;
        }
    }

    pub fn of_scenario(&self, place: usize) -> u32 {
        self.of_scenarios.get(place).copied().unwrap_or(u32::MAX)
    }

    /// Whether others than this scenario need a descriptor.
    pub fn needs(&self, place: usize, fd: u32) -> bool {
        let is_of_another = |(other, of): (usize, &u32)| other != place && *of == fd;
        fd < FIRST as u32
            || [self.control as u32, self.results as u32].contains(&fd)
            || self.of_scenarios.iter().enumerate().any(is_of_another)
    }
}

fn number(name: &[u8]) -> Option<usize> {
    if name.is_empty() {
        return None;
    }
    name.iter().try_fold(0usize, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

fn name_of(fd: i32, room: &mut [u8; LONGEST_NAME]) -> Option<&[u8]> {
    let mut prestat = [0u32; PRESTAT.size() / 4];
    // SAFETY: there is room for a `prestat`.
    if unsafe { fd_prestat_get(fd, prestat.as_mut_ptr() as i32) } != 0 {
        return None;
    }
    let length = prestat[(PRESTAT.offset() + PRESTAT_DIR.offset("pr_name_len")) / 4] as usize;
    let name = room.get_mut(..length)?;
    // SAFETY: there is room for a name of this length.
    let errno = unsafe { fd_prestat_dir_name(fd, name.as_mut_ptr() as i32, length as i32) };
    // Some runtimes count a terminator.
    let end = name.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    (errno == 0).then_some(&room[..end])
}
