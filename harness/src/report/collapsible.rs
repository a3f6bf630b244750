//! Markdown that fits into a comment: sections whose items are folded, and left out where there is
//! no more room, which is said.

use std::fmt::Write;

/// GitHub refuses comments of more than 65,536 characters. Bytes are never fewer than characters, and
/// whoever posts this may add a line.
const ROOM: usize = 65_000;
/// What a section needs beside its items.
const FRAME: usize = 200;

/// A part of a page that can be opened.
pub struct Section {
    pub title: String,
    /// Whether it is open from the start.
    pub open: bool,
    pub items: Vec<String>,
}

/// The head, and as much of the sections as fits, in their order.
pub fn render(head: &str, sections: &[Section]) -> String {
    render_into(ROOM, head, sections)
}

fn render_into(room: usize, head: &str, sections: &[Section]) -> String {
    let sections: Vec<&Section> = sections.iter().filter(|s| !s.items.is_empty()).collect();
    let frames: usize = sections.iter().map(|section| section.title.len() + FRAME).sum();
    let mut left = room.saturating_sub(head.len() + frames);
    let mut out = head.to_owned();
    for section in sections {
        let open = if section.open { " open" } else { "" };
        let count = section.items.len();
        let _ = writeln!(out, "<details{open}><summary>{} ({count})</summary>\n", section.title);
        let mut shown = 0;
        for item in section.items.iter().take_while(|item| {
            let fits = item.len() <= left;
            left = if fits { left - item.len() } else { left };
            fits
        }) {
            out.push_str(item);
            shown += 1;
        }
        if shown < count {
            // What is smaller and comes later must not look like all that there is.
            left = 0;
            let _ = writeln!(
                out,
                "\n{} more are left out: there is no room for them here.",
                count - shown
            );
        }
        out.push_str("\n</details>\n\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &str, items: usize, length: usize) -> Section {
        let items = (0..items).map(|i| format!("- {i} {}\n", "x".repeat(length))).collect();
        Section { title: title.into(), open: false, items }
    }

    #[test]
    fn what_fits_is_all_there() {
        let shown = render("head\n\n", &[section("one", 2, 1), section("none", 0, 1)]);
        assert_eq!(
            shown,
            "head\n\n<details><summary>one (2)</summary>\n\n- 0 x\n- 1 x\n\n</details>\n\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let sections = [section("first", 10, 100), section("second", 3, 1)];
        let shown = render_into(1000, "head\n\n", &sections);
        assert!(shown.len() <= 1000, "{}", shown.len());
        assert!(shown.contains("- 4 x"), "{shown}");
        assert!(shown.contains("5 more are left out"), "{shown}");
        assert!(shown.contains("second (3)"), "{shown}");
        assert!(shown.contains("3 more are left out"), "{shown}");
    }

    #[test]
    fn however_much_there_is_it_fits() {
        let sections: Vec<Section> = (0..9).map(|_| section("many", 2000, 90)).collect();
        let shown = render("head\n\n", &sections);
        assert!(shown.len() < 65_536, "{}", shown.len());
        assert!(shown.len() > 60_000, "{}", shown.len());
        assert_eq!(shown.matches("<details>").count(), shown.matches("</details>").count());
    }
}
