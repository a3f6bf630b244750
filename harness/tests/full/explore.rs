//! `explore`, on Node.

use libtest_mimic::Trial;

use crate::support::Checkout;
use crate::support::trials::Need;
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![Need::Node; a_sequence_is_replayed_and_a_bad_one_is_refused]
}

fn a_sequence_is_replayed_and_a_bad_one_is_refused() {
    let checkout = Checkout::new();
    checkout.write("fine.txt", "file a hello\nf0 = path_open /data a\nfd_tell f0\n");
    let root = env!("CARGO_MANIFEST_DIR");
    let guests = format!("{root}/../guests/prebuilt");
    let expectations = format!("{root}/../expectations");
    let explore = |file: &str| {
        let words = ["explore", "-r", "node", "--guests", &guests, "--expectations", &expectations];
        checkout.output(&[&words[..], &["--replay", file]].concat())
    };
    let fine = explore("fine.txt");
    let text = String::from_utf8_lossy(&fine.stdout).into_owned();
    assert_eq!(fine.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&fine.stderr));
    assert!(text.ends_with("0 known, 0 new\n"), "{text}");
    checkout.write("bad.txt", "fd_tall 3\n");
    let bad = explore("bad.txt");
    assert_eq!(bad.status.code(), Some(2));
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(said.contains("bad.txt: line 1: there is no function `fd_tall`"), "{said}");
}
