//! The cases of this repository as a whole.

use std::path::Path;

use wasi_conformance::case::{self, Level, Tag};

fn cases() -> Vec<case::Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    case::load(&root.join("expectations"), &root.join("guests/prebuilt")).unwrap().cases
}

#[test]
fn core_is_a_first_tier_of_binding_cases() {
    let cases = cases();
    let core: Vec<&case::Case> =
        cases.iter().filter(|case| case.tags.contains(&Tag::Core)).collect();
    assert!((50..=100).contains(&core.len()), "{}", core.len());
    for case in core {
        assert_eq!(case.level, Level::Must, "{}", case.id);
    }
}
