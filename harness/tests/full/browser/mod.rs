//! The HTML report in a real browser: it loads, filters, opens a case from its address, works by
//! keyboard, fits a phone, and makes no request.

mod driver;
mod fabricated;

use std::sync::OnceLock;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use tempfile::TempDir;
use wasi_conformance::report::causes::count_findings;
use wasi_conformance::report::html;

use crate::support::trials::Need;
use crate::trials;
use driver::Browser;
use fabricated::{CASES, EVIL, EVIL_CASE, RUNTIMES, fabricated, snapshots};

pub fn tests() -> Vec<Trial> {
    trials![
        Need::Chromium;
        every_page_renders_without_complaints_or_requests,
        guest_output_is_shown_as_text_only,
        a_case_page_shows_rule_guest_and_difference,
        filters_are_kept_in_the_address,
        the_first_number_of_a_runtime_is_that_of_wasi,
        the_history_shows_what_changed_between_versions,
        unexplained_failures_are_grouped_by_what_differs,
        findings_and_questions_count_a_code_base_once,
        output_that_no_case_compares_makes_runtimes_disagree,
        cases_that_ran_again_after_a_time_out_are_shown,
        every_page_works_by_keyboard,
        pages_fit_a_phone_and_are_readable_in_the_dark,
    ]
}

/// The report's address, made once for all tests.
fn report() -> String {
    static REPORT: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, address) = REPORT.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("report.html");
        let page = html::render(&fabricated(), &snapshots()).unwrap();
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
        std::fs::write(&file, page).unwrap();
        (directory, format!("file://{}", file.display()))
    });
    address.clone()
}

fn opened(hash: &str) -> Browser {
    let mut browser = Browser::start();
    browser.look(1280, 900, false);
    browser.open(&format!("{}{hash}", report()));
    browser
}

#[track_caller]
fn assert_eval(browser: &mut Browser, expression: &str, expected: impl Into<Value>) {
    let (found, expected) = (browser.eval(expression), expected.into());
    assert_eq!(found, expected, "{expression} at {}", browser.eval("location.hash"));
}

const PAGES: [&str; 7] =
    ["", "#cases", "#path_open::case_7", "#runtime/node@24", "#rules", "#findings", "#history"];

fn every_page_renders_without_complaints_or_requests() {
    let mut browser = opened("");
    assert_eval(&mut browser, "document.querySelectorAll('.card').length", RUNTIMES + 1);
    assert_eval(
        &mut browser,
        "document.querySelector('.card.absent').innerText.includes('install it')",
        true,
    );
    for page in PAGES {
        browser.go(page);
        assert_eval(&mut browser, "document.querySelectorAll('main h1').length", 1);
    }
    browser.go("#no_such::case");
    assert_eval(&mut browser, "document.querySelector('h1').textContent", "Not here");
    assert_eq!(browser.complaints(), [""; 0]);
    let address = report();
    let others = browser.requests();
    let others = others.iter().filter(|url| **url != address && !url.starts_with("data:"));
    assert_eq!(others.collect::<Vec<_>>(), [""; 0]);
    // A request would be stopped by the page's own policy, and this test would see it.
    browser.eval("fetch('http://127.0.0.1:9/').catch(() => 'stopped')");
    assert!(browser.complaints().concat().contains("Content Security Policy"));
}

fn guest_output_is_shown_as_text_only() {
    let mut browser = opened(&format!("#{EVIL_CASE}"));
    assert_eval(&mut browser, "document.title.startsWith('path_open::case_7')", true);
    let shown = browser.eval("document.querySelector('main').innerText");
    let shown = shown.as_str().unwrap();
    assert!(shown.contains(EVIL), "{shown}");
    assert!(shown.contains("naïve 😀 ␛[31mred␀"), "{shown}");
    assert!(!shown.contains('\u{202e}'), "the text is turned around");
    assert!(shown.contains("javascript:hacked=1"), "{shown}");
    assert_eval(&mut browser, "typeof hacked", "undefined");
    assert_eval(&mut browser, "document.querySelectorAll('main img, main script').length", 0);
    assert_eval(&mut browser, "document.querySelectorAll('main a[href^=javascript]').length", 0);
    assert_eval(&mut browser, "document.scripts.length", 2);
    // A long output is cut, and shown in full on request.
    assert_eval(&mut browser, "document.querySelectorAll('main tr').length < 1500", true);
    browser.eval("[...document.querySelectorAll('.diff .rest')].find((b) => b.textContent.includes('3')).click()");
    assert_eval(&mut browser, "document.querySelectorAll('main tr').length > 4000", true);
    assert_eq!(browser.complaints(), [""; 0]);
}

fn a_case_page_shows_rule_guest_and_difference() {
    let mut browser = opened("#path_open::case_105?runtime=runtime-8");
    for part in [
        "It holds.",
        "open a.txt -> success",
        "static int open(void) {",
        "Exactly as expected",
        "a.txt",
    ] {
        assert_eval(
            &mut browser,
            &format!("document.querySelector('main').textContent.includes({})", json!(part)),
            true,
        );
    }
    let command = "document.querySelector('.command code').textContent";
    assert_eval(
        &mut browser,
        command,
        "cargo run --release -- run --runtime node@24,runtime-8 --filter path_open::case_105",
    );
    assert_eval(&mut browser, "document.querySelectorAll('.diff mark').length > 0", true);
    assert_eval(
        &mut browser,
        "document.querySelector('.case-rules a.outside').href",
        "https://example.org/",
    );
    assert_eval(&mut browser, "document.querySelectorAll('.strip li').length", RUNTIMES);
}

fn filters_are_kept_in_the_address() {
    let mut browser = opened("#cases");
    let n = "Number(document.querySelector('main h1 .n').textContent.replace(/\\D/g, ''))";
    assert_eval(&mut browser, n, CASES);
    // A long list is rendered as it is scrolled, and another question is answered at once: within some
    // tens of milliseconds on an idle machine.
    let asked = "(async () => {
        const began = performance.now();
        location.hash = '#cases?ask=disagree';
        await new Promise((done) => addEventListener('hashchange', () => requestAnimationFrame(done), { once: true }));
        const took = performance.now() - began;
        location.hash = '#cases';
        await new Promise((done) => addEventListener('hashchange', () => requestAnimationFrame(done), { once: true }));
        return took;
    })()";
    let took = browser.eval(asked).as_f64().unwrap();
    println!("a question was answered in {took:.0} ms");
    assert!(took < 5000.0, "{took} ms");
    assert_eval(&mut browser, "document.querySelectorAll('.list .row').length < 300", true);
    browser.eval("document.querySelector('[data-key=\"verdict=skip\"]').click()");
    browser.wait_for("location.hash === '#cases?verdict=skip'");
    assert_eval(&mut browser, n, CASES.div_ceil(9));
    browser.go("#cases?ask=only:runtime-8");
    assert_eval(&mut browser, n, 10);
    browser.go("#cases?runtime=runtime-8&verdict=fail");
    assert_eval(&mut browser, n, 10);
    assert_eval(
        &mut browser,
        "document.querySelectorAll('.list .row:first-child .cell').length",
        10,
    );
    browser.go("#cases?area=path&level=must&group=sandbox");
    assert_eval(&mut browser, n, CASES / 4);
    browser.go("#cases?basis=posix");
    assert_eval(&mut browser, n, CASES / 3);
    browser.eval("document.querySelector('[data-key=\"basis=wasi\"]').click()");
    browser.wait_for("location.hash === '#cases?basis=posix,wasi'");
    assert_eval(&mut browser, n, CASES);
    browser.go("#cases?ask=sandbox&q=case_1499");
    assert_eval(&mut browser, n, 1);
    browser.go("#cases?ask=findings");
    assert_eval(&mut browser, n, CASES / 5 + 3);
    browser.go("#cases?q=nothing+is+like+that");
    assert_eval(
        &mut browser,
        "document.querySelector('main .notice').textContent.startsWith('No case')",
        true,
    );
    browser.go("#");
    browser.eval("document.querySelectorAll('.two-runtimes select')[1].value = 'node@24'");
    browser.eval("document.querySelector('.two-runtimes button').click()");
    browser.wait_for("location.hash === '#cases?runtime=runtime-0,node@24&ask=disagree'");
    // A fifth of all cases, and the one in which only the first runtime fails.
    assert_eval(&mut browser, n, CASES / 5 + 1);
    browser.go("#");
    browser.eval("document.querySelector('.matrix tbody.area td:nth-of-type(5) a').click()");
    browser.wait_for("location.hash === '#cases?runtime=node@24&area=path'");
    assert_eval(&mut browser, n, CASES);
}

fn the_first_number_of_a_runtime_is_that_of_wasi() {
    let mut browser = opened("#");
    let line = "document.querySelector('.card .share').textContent.replace(/[\\s\u{202f}]+/g, ' ')";
    // A third of the cases rests on POSIX; the one failure is among the others.
    let shown = "99.9 % as WASI says · WASI 999 of 1 000 · POSIX 500 of 500";
    assert_eval(&mut browser, line, shown);
}

fn the_history_shows_what_changed_between_versions() {
    let mut browser = opened("#cases?ask=new");
    let ids = "[...document.querySelectorAll('.row')].map((row) => row.dataset.id)";
    assert_eval(&mut browser, ids, json!(["path_open::case_101", "path_open::case_102"]));
    browser.go("#path_open::case_101?ask=new");
    let said = "document.querySelector('.observed').textContent.includes('regressed since the snapshot of runtime-8 0.9.0')";
    assert_eval(&mut browser, said, true);
    browser.go("#history");
    // A chart for each runtime with several versions, with a point for each; the others in a table.
    assert_eval(&mut browser, "document.querySelectorAll('figure svg').length", 2);
    assert_eval(&mut browser, "document.querySelectorAll('figure svg .point').length", 4);
    assert_eval(&mut browser, "document.querySelectorAll('main tbody tr').length", RUNTIMES - 2);
    let steps = "[...document.querySelectorAll('.cause')].map((step) => step.querySelectorAll('.ids a').length)";
    assert_eval(&mut browser, steps, json!([0, 2]));
    assert_eq!(browser.complaints(), [""; 0]);
}

fn unexplained_failures_are_grouped_by_what_differs() {
    let mut browser = opened("#runtime/runtime-10");
    let says = "document.querySelector('#s-unexpected + .says').textContent";
    let expected = "12 cases in 2 groups, by what differs. These fail the run.";
    assert_eval(&mut browser, says, expected);
    let groups = "[...document.querySelectorAll('.cause')].map((group) => [...group.querySelectorAll('p')].map((p) => p.textContent))";
    let group = |errno: &str, n: &str| json!([format!("open: {errno} instead of noent"), n]);
    let groups_expected = json!([group("notdir", "8 cases"), group("isdir", "4 cases")]);
    assert_eval(&mut browser, groups, groups_expected);
}

fn findings_and_questions_count_a_code_base_once() {
    let mut browser = opened("");
    let questions = "[...document.querySelectorAll('.questions .question')]";
    let found = format!(
        "{questions}.find((link) => link.textContent.startsWith('Findings')).querySelector('.n').textContent"
    );
    // Seven of `node@24`, one of `runtime-4`, and one that both rows of `runtime-8` have.
    assert_eq!(count_findings(&fabricated()), 9);
    assert_eval(&mut browser, &found, "9");
    let only = "[...document.querySelectorAll('.questions.narrow .question')]";
    assert_eval(&mut browser, &format!("{only}.length"), RUNTIMES - 1);
    let shared = format!("{only}.find((link) => link.textContent.includes('runtime-9')).innerText");
    assert_eval(&mut browser, &shared, "Fails only in runtime-8\n10\nruntime-8, runtime-9");
    browser.go("#findings");
    assert_eval(&mut browser, "document.querySelector('h1 .n').textContent.trim()", "9");
    assert_eval(&mut browser, "document.querySelectorAll('.cause').length", 9);
    browser.go("#runtime/runtime-9");
    let only_here = "document.querySelector('.identity').textContent.includes('fails only in runtime-8: 10 (runtime-8, runtime-9)')";
    assert_eval(&mut browser, only_here, true);
}

fn output_that_no_case_compares_makes_runtimes_disagree() {
    let mut browser = opened("#cases?runtime=runtime-0,runtime-11&ask=disagree");
    let ids = "[...document.querySelectorAll('.row')].map((row) => row.dataset.id)";
    assert_eval(&mut browser, ids, json!([EVIL_CASE, "path_open::case_301"]));
    let what = "document.querySelector('main .says').textContent.includes('whether the case compares them or not')";
    assert_eval(&mut browser, what, true);
    browser.go("#path_open::case_301");
    // The others did the same, and are together.
    assert_eval(&mut browser, "document.querySelectorAll('.observed').length", 2);
    let heads = "[...document.querySelectorAll('.observed h4')].map((head) => head.textContent)";
    let head = "stdout, which the case does not compare";
    assert_eval(&mut browser, heads, json!([head, head]));
    browser.go("#cases?runtime=runtime-0,runtime-1&ask=disagree&q=case_301");
    assert_eval(&mut browser, ids, json!([]));
}

fn cases_that_ran_again_after_a_time_out_are_shown() {
    let mut browser = opened("");
    let said = "2 cases timed out; 2 were run again alone: 1 passed, 1 timed out again";
    let includes = |place: &str, text: &str| {
        format!("document.querySelector('{place}').textContent.includes({})", json!(text))
    };
    assert_eval(&mut browser, &includes(".overview", said), true);
    browser.go("#runtime/runtime-7");
    assert_eval(&mut browser, &includes(".identity", said), true);
    browser.go("#cases?ask=retried");
    let ids = "[...document.querySelectorAll('.row')].map((row) => row.dataset.id)";
    assert_eval(&mut browser, ids, json!(["path_link::case_400", "path_link::case_401"]));
    browser.go("#path_link::case_400");
    assert_eval(&mut browser, &includes("main", "run again alone, it ended in time"), true);
    browser.go("#path_link::case_401");
    assert_eval(&mut browser, &includes("main", "run again alone, it timed out again"), true);
}

fn every_page_works_by_keyboard() {
    let mut browser = opened("");
    browser.press("/");
    assert_eval(&mut browser, "document.activeElement.id", "search");
    browser.type_text("case_10");
    browser.wait_for("location.hash === '#cases?q=case_10'");
    browser.press("Escape");
    assert_eval(&mut browser, "document.activeElement === document.body", true);
    browser.press("j");
    browser.press("j");
    browser.press("k");
    browser.press("j");
    assert_eval(&mut browser, "document.activeElement.dataset.id", "path_open::case_100");
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eval(&mut browser, outline, "solid");
    browser.press("Enter");
    browser.wait_for("location.hash === '#path_open::case_100?q=case_10'");
    browser.press("j");
    browser.wait_for("location.hash === '#path_open::case_101?q=case_10'");
    browser.press("k");
    browser.wait_for("location.hash === '#path_open::case_100?q=case_10'");
    browser.press("Escape");
    browser.wait_for("location.hash === '#cases?q=case_10'");
    assert_eval(&mut browser, "document.activeElement.dataset.id", "path_open::case_100");
    browser.press("Escape");
    browser.wait_for("location.hash === '#cases'");
    browser.press("?");
    assert_eval(&mut browser, "document.getElementById('help').open", true);
    browser.call("Page.navigate", json!({ "url": report() }));
    browser.wait_for("document.querySelector('main h1')");
    browser.press("Tab");
    assert_eval(&mut browser, "document.activeElement.id", "skip");
}

/// The elements whose text has less contrast with its background than WCAG's level AA requires.
const FAINT: &str = r#"(() => {
  const channels = (colour) => {
    const numbers = colour.match(/[\d.]+(e-?\d+)?/g).map(Number);
    const scale = colour.startsWith('color(') ? 255 : 1;
    return { rgb: numbers.slice(0, 3).map((n) => n * scale), alpha: numbers[3] ?? 1 };
  };
  const over = (top, under) => top.rgb.map((n, i) => n * top.alpha + under[i] * (1 - top.alpha));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((n) => n / 255).map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = channels(getComputedStyle(element).backgroundColor);
    if (colour.alpha === 1) return colour.rgb;
    return over(colour, element.parentElement ? behind(element.parentElement) : [255, 255, 255]);
  };
  const faint = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility() || element.closest('[aria-hidden=true]:not(.cell)')?.matches('.dot')) continue;
    const under = behind(element);
    const [a, b] = [light(over(channels(getComputedStyle(element).color), under)), light(under)].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.add(`${element.tagName}.${element.className}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return [...faint];
})()"#;

fn pages_fit_a_phone_and_are_readable_in_the_dark() {
    let mut browser = opened("");
    for (width, dark) in [(1280, false), (390, false), (390, true), (1280, true), (320, false)] {
        browser.look(width, 844, dark);
        for page in PAGES {
            browser.go("#findings");
            browser.go(page);
            let too_wide =
                "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let found = browser.eval(too_wide);
            assert_eq!(found, 0, "{page} at {width}");
            let faint = browser.eval(FAINT);
            assert_eq!(faint, json!([]), "{page}, dark: {dark}");
        }
        let paper = browser.eval("getComputedStyle(document.body).backgroundColor");
        assert_eq!(paper == "rgb(14, 17, 22)", dark, "{paper}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}
