//! `fd_read`, `fd_pread`, `fd_write`, `fd_pwrite`.

use crate::branch::{Branch, Branches, Number, Outcome, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::{AGAIN, BADF, FBIG, INVAL, ISDIR, NOTCAPABLE, PIPE, SPIPE};
use crate::files::{Ino, Kind, Time};
use crate::flags::{APPEND, FD_READ, FD_SEEK, FD_WRITE, NONBLOCK};
use crate::state::{Descriptor, Object, State};

pub fn fd_read(mut may: Branches, fd: Fd, room: Given<u64>, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let room = may.needs(room);
    let Some(descriptor) = may.open(fd, "fd_read.bad_descriptor") else { return may.done() };
    may.fail_if(!descriptor.has(FD_READ), &[NOTCAPABLE, BADF], "path_open.rights_needed");
    let Some(room) = room else { return may.done() };
    let ino = match descriptor.object {
        Object::Stream(place) => return read_stream(may, descriptor, place, room),
        Object::Inode(ino) => ino,
    };
    let Some(bytes) = read(&mut may, ino, descriptor.offset, room, "fd_read.directory") else {
        return may.done();
    };
    let offset = descriptor.offset + bytes.len() as u64;
    let amount = match room {
        0 => "fd_read.zero_length",
        _ if bytes.is_empty() => "fd_read.past_the_end",
        _ if (bytes.len() as u64) < room => "fd_read.at_the_end",
        _ => "fd_read.large",
    };
    let rules = [amount, "fd_read.goes_on_at_the_offset", "fd_read.every_byte"];
    let lists =
        ["fd_read.several_iovecs", "fd_read.no_iovecs", "fd_read.what_another_descriptor_wrote"];
    may.change(&[rules, lists].concat(), Value::Counted(bytes), |next| {
        if let Some(descriptor) = next.descriptors.get_mut(&fd) {
            descriptor.offset = offset;
        }
    })
}

/// Reads from a pipe or a socket, as `fd_read` does.
fn read_stream(mut may: Branches, descriptor: &Descriptor, place: usize, room: u64) -> Vec<Branch> {
    let stream = &may.state.streams[place];
    if room == 0 {
        return may.succeed(&["fd_read.stdin_zero_length"], Value::Counted(Vec::new()));
    }
    if !stream.is_readable() {
        if descriptor.flags & NONBLOCK != 0 {
            may.fail(&[AGAIN], "sock_accept.nonblock");
            return may.done();
        }
        return may.outcome(&["fd_read.stdin_in_parts"], Outcome::Waits);
    }
    let taken = stream.arrived.len().min(room as usize);
    let bytes = if stream.shut_rd { Vec::new() } else { stream.arrived[..taken].to_vec() };
    let rules = ["fd_read.stdin_in_parts", "fd_read.stdin_every_byte"];
    may.change(&rules, Value::Counted(bytes), |next| {
        next.streams[place].arrived.drain(..taken);
    })
}

pub fn fd_pread(
    mut may: Branches,
    fd: Fd,
    room: Given<u64>,
    offset: u64,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let room = may.needs(room);
    let Some(descriptor) = may.open(fd, "fd_pread.bad_descriptor") else { return may.done() };
    if !descriptor.has(FD_READ) {
        may.fail(&[NOTCAPABLE, BADF], "fd_pread.without_read_right");
    }
    may.fail_if(!descriptor.has(FD_SEEK), &[NOTCAPABLE], "fd_pread.without_seek_right");
    let Object::Inode(ino) = descriptor.object else {
        may.fail(&[SPIPE, NOTCAPABLE], "fd_pread.stdin");
        return may.done();
    };
    let is_far = offset > may.state.host.limits.offset;
    may.fail_if(is_far, &[INVAL], "fd_pread.offset_beyond_i64");
    let Some(room) = room else { return may.done() };
    let Some(bytes) = read(&mut may, ino, offset, room, "fd_pread.directory") else {
        return may.done();
    };
    let amount = match room {
        0 => "fd_pread.zero_length",
        _ if bytes.is_empty() => "fd_pread.past_the_end",
        _ => "fd_pread.across_the_end",
    };
    let rules = [amount, "fd_pread.leaves_the_offset", "fd_pread.far_offset"];
    let lists = ["fd_pread.several_iovecs", "fd_pread.no_iovecs"];
    may.succeed(&[&rules[..], &lists].concat(), Value::Counted(bytes))
}

/// The bytes of a file, as many as there are and as fit.
fn read(may: &mut Branches, ino: Ino, offset: u64, room: u64, rule: Rule) -> Option<Vec<u8>> {
    match &may.state.files.get(ino).kind {
        Kind::File(content) => Some(content.read(offset, room)),
        _ => {
            may.fail(&[ISDIR, BADF, NOTCAPABLE], rule);
            None
        }
    }
}

pub fn fd_write(mut may: Branches, fd: Fd, data: &Given<Vec<u8>>, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let data = may.needs(data.as_ref().map_err(|fault| *fault));
    let Some(descriptor) = may.open(fd, "fd_write.bad_descriptor") else { return may.done() };
    may.fail_if(!descriptor.has(FD_WRITE), &[NOTCAPABLE, BADF], "path_open.rights_needed");
    let Some(data) = data else { return may.done() };
    let ino = match descriptor.object {
        Object::Stream(place) => return write_stream(may, place, data),
        Object::Inode(ino) => ino,
    };
    may.changes(descriptor);
    let inode = may.state.files.get(ino);
    if !inode.is_file() {
        may.fail(&[BADF, NOTCAPABLE], "fd_write.directory");
        return may.done();
    }
    let appends = descriptor.flags & APPEND != 0;
    let start = if appends { inode.size() } else { descriptor.offset };
    let end = start.checked_add(data.len() as u64);
    let Some(end) = end.filter(|end| *end <= may.state.host.limits.offset) else {
        may.fail(&[FBIG, INVAL], "fd_pwrite.offset_beyond_i64");
        return may.done();
    };
    let where_to: &[Rule] = match (data.is_empty(), appends) {
        (true, _) => &["fd_write.zero_length", "fd_write.no_iovecs"],
        (_, true) => {
            &["fd_write.append_moves_the_offset", "fd_write.append_after_another_descriptor"]
        }
        _ if start > inode.size() => &["fd_write.past_the_end_leaves_zeros"],
        _ => &["fd_write.goes_on_at_the_offset", "fd_write.across_the_end"],
    };
    let rules = [&["fd_write.every_byte", "fd_write.large", "fd_write.several_iovecs"], where_to];
    may.change(&rules.concat(), written(data), |next| {
        if !data.is_empty() {
            write(next, ino, start, data);
            if let Some(descriptor) = next.descriptors.get_mut(&fd) {
                descriptor.offset = end;
            }
        }
    })
}

/// Writes to a pipe or a socket, as `fd_write` does.
fn write_stream(mut may: Branches, place: usize, data: &[u8]) -> Vec<Branch> {
    let stream = &may.state.streams[place];
    if !stream.is_writable() {
        may.fail(&[BADF, NOTCAPABLE], "fd_write.stdin");
        return may.done();
    }
    may.fail_if(stream.shut_wr, &[PIPE], "sock_send.after_shutdown");
    let rule = match place {
        1 => "fd_write.stdout",
        2 => "fd_write.stderr",
        _ => "sock_send.fd_write",
    };
    may.change(&[rule], written(data), |next| next.streams[place].written.extend(data))
}

pub fn fd_pwrite(
    mut may: Branches,
    fd: Fd,
    data: &Given<Vec<u8>>,
    offset: u64,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let data = may.needs(data.as_ref().map_err(|fault| *fault));
    let Some(descriptor) = may.open(fd, "fd_pwrite.bad_descriptor") else { return may.done() };
    if !descriptor.has(FD_WRITE) {
        may.fail(&[NOTCAPABLE, BADF], "fd_pwrite.without_write_right");
    }
    may.fail_if(!descriptor.has(FD_SEEK), &[NOTCAPABLE], "fd_pwrite.without_seek_right");
    let Object::Inode(ino) = descriptor.object else {
        may.fail(&[SPIPE, NOTCAPABLE], "fd_pwrite.stdout");
        return may.done();
    };
    may.changes(descriptor);
    let inode = may.state.files.get(ino);
    if !inode.is_file() {
        may.fail(&[BADF, NOTCAPABLE], "fd_pwrite.directory");
        return may.done();
    }
    let Some(data) = data else { return may.done() };
    let end = offset.checked_add(data.len() as u64);
    if end.is_none_or(|end| end > may.state.host.limits.offset) {
        may.fail(&[INVAL, FBIG], "fd_pwrite.offset_beyond_i64");
        return may.done();
    }
    let rules: &[Rule] = match data.is_empty() {
        true => &["fd_pwrite.zero_length", "fd_pwrite.no_iovecs"],
        false => &[
            "fd_pwrite.past_the_end_leaves_zeros",
            "fd_pwrite.several_iovecs",
            "fd_pwrite.far_offset",
        ],
    };
    let appends = descriptor.flags & APPEND != 0 && !data.is_empty();
    let end_of_file = inode.size();
    let own =
        if appends { "fd_pwrite.append_leaves_the_offset" } else { "fd_pwrite.leaves_the_offset" };
    let at = |start| {
        move |next: &mut State| {
            if !data.is_empty() {
                write(next, ino, start, data);
            }
        }
    };
    if !appends {
        return may.change(&[rules, &[own]].concat(), written(data), at(offset));
    }
    // Preview 1 says both.
    may.also_change(&[own, "fd_pwrite.append"], written(data), at(offset));
    may.change(&[own, "fd_pwrite.append"], written(data), at(end_of_file))
}

fn written(data: &[u8]) -> Value {
    Value::Number(Number::Exactly(data.len() as u64))
}

fn write(next: &mut State, ino: Ino, start: u64, data: &[u8]) {
    let now = Time::Since(next.began.realtime);
    let inode = next.files.get_mut(ino);
    if let Kind::File(content) = &mut inode.kind {
        content.write(start, data);
    }
    inode.times.modified = now;
    inode.times.changed = now;
}
