//! The HTML report in a real browser: it loads, filters, opens a case from its address, works by
//! keyboard, fits a phone, and makes no request.

mod driver;

use std::sync::OnceLock;

use libtest_mimic::Trial;
use runner_kit::Outcome;
use serde_json::{Value, json};
use tempfile::TempDir;
use wasi_conformance::case::Tag;
use wasi_conformance::known::DivergenceKind;
use wasi_conformance::report::html;
use wasi_conformance::results::compare::{Side, SideRow};
use wasi_conformance::results::run_file::{Run, VerdictRow};
use wasi_conformance::results::snapshot::Snapshot;
use wasi_conformance::verdict::judge::{Known, Mismatch, Part, Verdict};

use crate::support::trials::Need;
use crate::support::{Checkout, FAKE_CASES, case, good_case};
use crate::trials;
use driver::Browser;

pub fn tests() -> Vec<Trial> {
    trials![
        Need::Chromium;
        every_page_renders_without_complaints_or_requests,
        guest_output_is_shown_as_text_only,
        a_case_page_shows_rule_guest_and_difference,
        filters_are_kept_in_the_address,
        the_history_shows_what_changed_between_versions,
        every_page_works_by_keyboard,
        pages_fit_a_phone_and_are_readable_in_the_dark,
    ]
}

const RUNTIMES: usize = 12;
const CASES: usize = 1500;
/// Guest output that would be markup if it were not escaped.
const EVIL: &str = "</script><script>hacked = 1</script><img src=x onerror=hacked=1>";
const EVIL_CASE: &str = "path_open::case_7";

/// A run of twelve runtimes and fifteen hundred cases, made from a small real one, with the worst that
/// guests can print.
fn fabricated() -> Run {
    let checkout = Checkout::with_fake("correct");
    let wrong = case("wrong", "[wrong_errno]", "open missing -> noent\n");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}{wrong}", good_case("fine")));
    checkout.output(&["run", "-r", "node"]);
    let mut run = checkout.run_file();
    let (case, runtime) = (run.cases[0].clone(), run.runtimes[0].clone());
    let (passed, failed) = (run.verdicts[0].clone(), run.verdicts[1].clone());
    assert_eq!((passed.verdict, failed.verdict), (Verdict::Pass, Verdict::Fail));
    let groups = ["path_open", "path_link", "fd_read", "sandbox"];
    run.cases = (0..CASES)
        .map(|i| {
            let mut case = case.clone();
            case.id = format!("{}::case_{i}", groups[i * groups.len() / CASES]);
            case.guest_sources = vec!["guests/c/fake.c:3".into()];
            case.tags.extend(case.id.starts_with("sandbox").then_some(Tag::Sandbox));
            case
        })
        .collect();
    run.sources.insert(
        "guests/c/fake.c".into(),
        "// Says.\n\nstatic int open(void) {\n    return 1;\n}\n".into(),
    );
    run.runtimes = (0..RUNTIMES)
        .map(|r| {
            let mut runtime = runtime.clone();
            // Rows 8 and 9 are one runtime, run in two ways.
            runtime.divergences_of = format!("runtime-{}", if r == 9 { 8 } else { r });
            runtime.name = if r == 3 { "node@24".into() } else { format!("runtime-{r}") };
            runtime
        })
        .collect();
    let mut gone = runtime.clone();
    gone.name = "absent".into();
    gone.unavailable = Some("there is no `absent` on PATH:\ninstall it".into());
    run.runtimes.push(gone);
    run.verdicts.clear();
    for r in 0..RUNTIMES {
        for i in 0..CASES {
            let mut row = verdict(r, i, &passed, &failed);
            row.runtime = run.runtimes[r].name.clone();
            row.case = run.cases[i].id.clone();
            run.verdicts.push(row);
        }
    }
    run
}

/// Snapshots of earlier versions of two runtimes, one of them with fewer failures.
fn snapshots() -> Side {
    let mut before = fabricated();
    for runtime in &mut before.runtimes {
        runtime.version = "0.9.0".into();
    }
    let passed = before.verdicts.iter().find(|row| row.verdict == Verdict::Pass).unwrap().clone();
    for row in before.verdicts.iter_mut().filter(|row| row.runtime == "runtime-8") {
        if row.case.ends_with("_101") || row.case.ends_with("_102") {
            let (runtime, case) = (row.runtime.clone(), row.case.clone());
            *row = VerdictRow { runtime, case, ..passed.clone() };
        }
    }
    let all = Snapshot::of_run(&before);
    let kept = all.into_iter().filter(|b| ["runtime-8", "node@24"].contains(&b.runtime.as_str()));
    let rows = kept.map(|snapshot| SideRow::new("snapshots".into(), snapshot)).collect();
    Side { rows, is_history: true, ..Side::default() }
}

fn verdict(r: usize, i: usize, passed: &VerdictRow, failed: &VerdictRow) -> VerdictRow {
    let printed = |text: &str| {
        let mut row = failed.clone();
        let expected = row.mismatches[0].expected.clone();
        row.mismatches = vec![Mismatch { part: Part::Stdout, expected, observed: text.to_owned() }];
        row
    };
    match (r, i) {
        (0, 7) => printed(EVIL),
        (1, 7) => printed("\u{202e}naïve 😀 \u{1b}[31mred\u{0}\n"),
        (2, 7) => printed(&"0123456789abcde\n".repeat(4096)),
        (4, 7) => VerdictRow {
            note: Some(EVIL.into()),
            known: Some(Known { kind: DivergenceKind::Bug, link: "javascript:hacked=1".into() }),
            verdict: Verdict::Known,
            ..printed(&"x".repeat(64 * 1024))
        },
        (5, 7) => {
            let mut row = printed("");
            row.observed.as_mut().unwrap().outcome = Outcome::Trap { message: EVIL.into() };
            row
        }
        (6, _) if i.is_multiple_of(9) => VerdictRow {
            verdict: Verdict::Skip,
            note: Some("it has no sockets".into()),
            observed: None,
            ..passed.clone()
        },
        // These fail only here, and in one function only.
        (8, 100..110) | (9, 100..105) => failed.clone(),
        (3, _) if i.is_multiple_of(5) => VerdictRow {
            verdict: Verdict::Known,
            note: Some(format!("It is wrong in way {}.", i % 7)),
            known: Some(Known {
                kind: DivergenceKind::Bug,
                link: "https://example.org/blob/a.c#L1".into(),
            }),
            ..failed.clone()
        },
        _ => passed.clone(),
    }
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
    assert_eval(&mut browser, n, 8);
    browser.go("#cases?ask=only:runtime-9");
    assert_eval(&mut browser, n, 4);
    browser.go("#cases?runtime=runtime-8&verdict=fail");
    assert_eval(&mut browser, n, 10);
    assert_eval(
        &mut browser,
        "document.querySelectorAll('.list .row:first-child .cell').length",
        10,
    );
    browser.go("#cases?area=path&level=must&group=sandbox");
    assert_eval(&mut browser, n, CASES / 4);
    browser.go("#cases?ask=sandbox&q=case_1499");
    assert_eval(&mut browser, n, 1);
    browser.go("#cases?ask=findings");
    assert_eval(&mut browser, n, CASES / 5 + 1);
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

fn the_history_shows_what_changed_between_versions() {
    let mut browser = opened("#cases?ask=new");
    let ids = "[...document.querySelectorAll('.row')].map((row) => row.dataset.id)";
    assert_eval(&mut browser, ids, json!(["path_open::case_101", "path_open::case_102"]));
    browser.go("#path_open::case_101?ask=new");
    let said = "document.querySelector('.observed').textContent.includes('regressed since the snapshot of runtime-8 0.9.0')";
    assert_eval(&mut browser, said, true);
    browser.go("#history");
    // A chart for each runtime, with a point for each version.
    assert_eval(&mut browser, "document.querySelectorAll('figure svg').length", RUNTIMES);
    assert_eval(
        &mut browser,
        "document.querySelectorAll('figure svg .point').length",
        RUNTIMES + 2,
    );
    let steps = "[...document.querySelectorAll('.cause')].map((step) => step.querySelectorAll('.ids a').length)";
    assert_eval(&mut browser, steps, json!([0, 2]));
    assert_eq!(browser.complaints(), [""; 0]);
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
