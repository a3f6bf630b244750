//! A run of the fake runner under attack, for some seconds. The full tier does the same with runtimes.

use std::time::Duration;

use crate::support::{Checkout, FAKE_CASES, case, chaos, good_case};

#[test]
fn no_verdict_is_lost_or_wrong_under_attack() {
    let checkout = Checkout::with_fake("correct");
    let mut cases = String::new();
    for i in 0..150 {
        cases += &good_case(&format!("good_{i}"));
        cases += &good_case(&format!("fine_{i}"));
        cases += &case(&format!("stays_{i}"), "[makes_a_file]", "made\n")
            .replace("fs:", "fs_after: {a.txt: x, new: y}\n    fs:");
    }
    cases += &case("aborts", "[abort]", "before\n");
    cases += &case("differs", "[wrong_errno]", "open missing -> noent\n");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{cases}"));
    let arguments = ["run", "-r", "node", "--jobs", "4"];
    chaos::compare(|| checkout.program(&[]), &arguments, Duration::from_secs(8), 6);
}
