//! Markdown that fits into a comment: collapsible sections. Items that do not fit are left out and
//! counted.

use std::fmt::Write;

/// GitHub refuses comments of more than 65,536 characters. A text never has fewer bytes than characters,
/// and the poster may add a line.
const ROOM: usize = 65_000;
/// The bytes of a section beside its items.
const FRAME: usize = 200;

/// A collapsible part of a page.
pub struct Section {
    pub title: String,
    /// Whether it is initially open.
    pub open: bool,
    pub items: Vec<Item>,
}

/// A paragraph or an entry of a list, which is shown or left out as a whole.
pub struct Item {
    pub text: String,
    /// How many cases it stands for.
    pub count: usize,
}

impl From<String> for Item {
    fn from(text: String) -> Self {
        Item { text, count: 1 }
    }
}

/// The head, and as many items of the sections as fit, in order.
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
        let count: usize = section.items.iter().map(|item| item.count).sum();
        let _ = writeln!(out, "<details{open}><summary>{} ({count})</summary>\n", section.title);
        let mut shown = 0;
        for item in section.items.iter().take_while(|item| {
            let fits = item.text.len() <= left;
            left = if fits { left - item.text.len() } else { left };
            fits
        }) {
            out.push_str(&item.text);
            shown += item.count;
        }
        if shown < count {
            // Smaller items of later sections must not look like everything that there is.
            left = 0;
            let more = count - shown;
            let _ = writeln!(out, "\n{more} more are left out: there is no room for them here.");
        }
        out.push_str("\n</details>\n\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &str, items: usize, length: usize) -> Section {
        let item = |i| Item::from(format!("- {i} {}\n", "x".repeat(length)));
        let items = (0..items).map(item).collect();
        Section { title: title.into(), open: false, items }
    }

    #[test]
    fn everything_is_shown_if_it_fits() {
        let shown = render("head\n\n", &[section("one", 2, 1), section("none", 0, 1)]);
        assert_eq!(
            shown,
            "head\n\n<details><summary>one (2)</summary>\n\n- 0 x\n- 1 x\n\n</details>\n\n"
        );
    }

    #[test]
    fn items_that_do_not_fit_are_counted() {
        let sections = [section("first", 10, 100), section("second", 3, 1)];
        let shown = render_into(1000, "head\n\n", &sections);
        assert!(shown.len() <= 1000, "{}", shown.len());
        assert!(shown.contains("- 4 x"), "{shown}");
        assert!(shown.contains("5 more are left out"), "{shown}");
        assert!(shown.contains("second (3)"), "{shown}");
        assert!(shown.contains("3 more are left out"), "{shown}");
    }

    #[test]
    fn the_whole_always_fits() {
        let sections: Vec<Section> = (0..9).map(|_| section("many", 2000, 90)).collect();
        let shown = render("head\n\n", &sections);
        assert!(shown.len() < 65_536, "{}", shown.len());
        assert!(shown.len() > 60_000, "{}", shown.len());
        assert_eq!(shown.matches("<details>").count(), shown.matches("</details>").count());
    }
}
