//! `std::fs::File`, `OpenOptions`, and reading and writing through them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

use guests::scenario::Scenario;
use guests::{scenarios, text};

use crate::{data, done, show};

pub const SCENARIOS: [Scenario; 19] = scenarios![
    read_file,
    write_file,
    open_missing,
    create_new_on_existing,
    create_truncates,
    append_after_seek,
    append_twice,
    read_of_write_only,
    write_of_read_only,
    read_exact_at_end,
    seek_before_start,
    seek_past_end_and_write,
    set_len_grows,
    set_len_shrinks,
    lines,
    big_file,
    clone_shares_offset,
    file_times,
    sync,
];

fn quoted(bytes: io::Result<Vec<u8>>) -> io::Result<String> {
    bytes.map(|bytes| text::show(&bytes))
}

fn show_file(path: &str) {
    show(&format!("read {path}"), quoted(fs::read(data(path))));
}

fn read_file(_: &[OsString]) {
    show(
        "read_to_string a.txt",
        fs::read_to_string(data("a.txt")).map(|s| text::quote(s.as_bytes())),
    );
}

fn write_file(_: &[OsString]) {
    done("write new.txt", fs::write(data("new.txt"), "new\n"));
    done("write a.txt", fs::write(data("a.txt"), "short"));
}

fn open_missing(_: &[OsString]) {
    done("open missing.txt", File::open(data("missing.txt")).map(drop));
    done("open missing/a.txt", File::open(data("missing/a.txt")).map(drop));
}

fn create_new_on_existing(_: &[OsString]) {
    done("create_new a.txt", File::create_new(data("a.txt")).map(drop));
    done("create_new b.txt", File::create_new(data("b.txt")).map(drop));
}

fn create_truncates(_: &[OsString]) {
    done("create a.txt", File::create(data("a.txt")).map(drop));
}

fn append_after_seek(_: &[OsString]) {
    let mut file = match OpenOptions::new().append(true).open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt to append", Err(error)),
    };
    show("seek to the start", file.rewind().map(|()| 0));
    done("write", file.write_all(b" and more"));
    show("position", file.stream_position());
    show_file("a.txt");
}

fn append_twice(_: &[OsString]) {
    let append = || OpenOptions::new().append(true).open(data("a.txt"));
    let (mut first, mut second) = match (append(), append()) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), _) | (_, Err(error)) => return done("open a.txt to append", Err(error)),
    };
    done("write by the first", first.write_all(b"1"));
    done("write by the second", second.write_all(b"2"));
    done("write by the first", first.write_all(b"3"));
    show_file("a.txt");
}

fn read_of_write_only(_: &[OsString]) {
    let mut file = match OpenOptions::new().write(true).open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt to write", Err(error)),
    };
    show("read", file.read(&mut [0; 8]));
}

fn write_of_read_only(_: &[OsString]) {
    let mut file = match File::open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    show("write", file.write(b"x"));
}

fn read_exact_at_end(_: &[OsString]) {
    let mut file = match File::open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    done("read_exact 100", file.read_exact(&mut [0; 100]));
    show("read at the end", file.read(&mut [0; 100]));
}

fn seek_before_start(_: &[OsString]) {
    let mut file = match File::open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    show("seek to the end - 2", file.seek(SeekFrom::End(-2)));
    show("seek back 100", file.seek(SeekFrom::Current(-100)));
    show("position", file.stream_position());
}

fn seek_past_end_and_write(_: &[OsString]) {
    let mut file = match OpenOptions::new().read(true).write(true).open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    show("seek to 8", file.seek(SeekFrom::Start(8)));
    show("size", file.metadata().map(|metadata| metadata.len()));
    done("write", file.write_all(b"end"));
    show_file("a.txt");
}

fn set_len_grows(_: &[OsString]) {
    let file = OpenOptions::new().write(true).open(data("a.txt"));
    done("set_len 8", file.and_then(|file| file.set_len(8)));
    show_file("a.txt");
}

fn set_len_shrinks(_: &[OsString]) {
    let mut file = match OpenOptions::new().write(true).open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    show("seek to the end", file.seek(SeekFrom::End(0)));
    done("set_len 2", file.set_len(2));
    show("position", file.stream_position());
    show_file("a.txt");
}

fn lines(_: &[OsString]) {
    let file = match File::open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    for line in BufReader::with_capacity(4, file).lines() {
        show("line", line.map(|line| text::quote(line.as_bytes())));
    }
}

fn big_file(_: &[OsString]) {
    let write = || {
        let mut file = BufWriter::new(File::create(data("big"))?);
        for number in 0..25_000_u32 {
            file.write_all(&number.to_le_bytes())?;
        }
        file.flush()
    };
    done("write 25000 numbers", write());
    show("size", fs::metadata(data("big")).map(|metadata| metadata.len()));
    show_file("big");
    done("remove", fs::remove_file(data("big")));
}

/// A file opened twice has two offsets; a file opened once and borrowed has one.
fn clone_shares_offset(_: &[OsString]) {
    let open = || File::open(data("a.txt"));
    let (file, mut other) = match (open(), open()) {
        (Ok(file), Ok(other)) => (file, other),
        (Err(error), _) | (_, Err(error)) => return done("open a.txt", Err(error)),
    };
    let mut byte = [0; 1];
    done("read a byte", (&file).read_exact(&mut byte));
    done("read a byte by a borrow", (&file).read_exact(&mut byte));
    show("position", (&file).stream_position());
    show("position of the other", other.stream_position());
}

fn file_times(_: &[OsString]) {
    let file = match OpenOptions::new().write(true).open(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("open a.txt", Err(error)),
    };
    let before = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
    done("set_modified", file.set_modified(before));
    let modified = fs::metadata(data("a.txt")).and_then(|metadata| metadata.modified());
    // The difference, if any, may depend on the file system.
    show("modified is what was set", modified.map(|time| time == before));
}

fn sync(_: &[OsString]) {
    let mut file = match File::create(data("a.txt")) {
        Ok(file) => file,
        Err(error) => return done("create a.txt", Err(error)),
    };
    done("write", file.write_all(b"synced"));
    done("sync_data", file.sync_data());
    done("sync_all", file.sync_all());
}
