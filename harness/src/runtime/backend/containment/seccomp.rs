//! System calls that no runtime needs, and that would only make a hole in one worth more.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::sockets::Sockets;

/// They fail with `EPERM`.
const DENIED: [i64; 49] = [
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Files by other ways than by their path, and other roots.
    libc::SYS_open_by_handle_at,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    // Namespaces. Those of `clone` are below.
    libc::SYS_setns,
    libc::SYS_unshare,
    // The machine.
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
    libc::SYS_lookup_dcookie,
    // Large parts of the kernel, with a history of holes.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
];
/// `clone3` knows one more.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// The filters, to be installed one after the other. None where there is no such filter for this
/// machine's processor. Without a network there are no sockets that reach other programs: Landlock
/// knows TCP only, and a daemon such as Docker's does for its clients what they cannot.
pub fn filters(allowed: Sockets) -> Result<Vec<BpfProgram>> {
    let Ok(processor) = std::env::consts::ARCH.try_into() else { return Ok(vec![]) };
    let make = |denied, errno: i32| -> Result<BpfProgram, seccompiler::Error> {
        let action = SeccompAction::Errno(errno as u32);
        let filter = SeccompFilter::new(denied, SeccompAction::Allow, action, processor);
        Ok(filter?.try_into()?)
    };
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> =
        DENIED.iter().map(|&call| (call, vec![])).collect();
    let namespace = |&flag: &i32| {
        let flag = flag as u32 as u64;
        let is_set = SeccompCmpOp::MaskedEq(flag);
        let flags = SeccompCondition::new(0, SeccompCmpArgLen::Qword, is_set, flag)?;
        SeccompRule::new(vec![flags])
    };
    let namespaces = NAMESPACES.iter().map(namespace).collect::<Result<_, _>>();
    denied.insert(libc::SYS_clone, namespaces.context("make a filter of system calls")?);
    if allowed != Sockets::All {
        let sockets = sockets(allowed).context("make a filter of system calls")?;
        denied.insert(libc::SYS_socket, sockets);
    }
    // A filter cannot see its flags. Without it, the C library uses `clone`.
    let unknown = BTreeMap::from([(libc::SYS_clone3, vec![])]);
    let filters = [make(denied, libc::EPERM), make(unknown, libc::ENOSYS)];
    filters.into_iter().map(|filter| filter.context("make a filter of system calls")).collect()
}

/// Sockets of Unix, unless they are allowed, of UDP and of raw IP. Pairs of sockets stay.
fn sockets(allowed: Sockets) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    /// The other bits of a type are flags.
    const TYPE: u64 = 0xf;
    let argument = |place: u8, how: SeccompCmpOp, value: i32| {
        SeccompCondition::new(place, SeccompCmpArgLen::Dword, how, value as u64)
    };
    let mut rules = Vec::new();
    if allowed != Sockets::Unix {
        rules.push(SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, libc::AF_UNIX)?])?);
    }
    for family in [libc::AF_INET, libc::AF_INET6] {
        for kind in [libc::SOCK_DGRAM, libc::SOCK_RAW] {
            let of_family = argument(0, SeccompCmpOp::Eq, family)?;
            let of_kind = argument(1, SeccompCmpOp::MaskedEq(TYPE), kind)?;
            rules.push(SeccompRule::new(vec![of_family, of_kind])?);
        }
    }
    Ok(rules)
}
