// One runtime: what it is, what it cannot do, and its divergences by their cause.

function runtimePage(name) {
  const runtime = model.byName.get(name);
  if (!runtime) return missing(`There is no runtime ${name} in this report.`);
  const to = (letter) => toCases({ runtime: [runtime.name], verdict: [VERDICTS[letter].word] });
  return h('article', { class: 'runtime' },
    h('nav', { class: 'path', 'aria-label': 'Runtimes' }, model.runtimes.map((other) =>
      h('a', { href: toRuntime(other), 'aria-current': other === runtime ? 'page' : null }, other.name))),
    h('h1', { tabindex: -1 }, runtime.name, ' ', h('span', { class: 'version' }, runtime.version)),
    runtime.unavailable !== null && h('p', { class: 'notice warn' }, h('b', null, '– Not available. '), runtime.unavailable),
    runtime.smoke_test_failure !== null && h('p', { class: 'notice fail' }, h('b', null, '! The smoke test failed. '), runtime.smoke_test_failure),
    runtime.ran && h('div', { class: 'sum' },
      conformanceLine(runtime),
      countsBar(runtime.counts), countBadges(runtime.counts, to)),
    runtime.ran && topCauses(runtime),
    identity(runtime),
    runtime.ran && [
      whatFails(runtime, 'Unexpected', UNEXPECTED, 'These fail the run.'),
      whatFails(runtime, 'Known divergences', 'k', 'Each has been examined; one cause often shows in many cases.'),
      whatFails(runtime, 'Unspecified', 'd', 'Not as expected, where the specification leaves it open: reported, never failed.'),
      whatFails(runtime, 'Skipped', 's', 'These cases need a capability that the runtime, or the way it is embedded, does not have.'),
    ]);
}

function identity(runtime) {
  const { build_ms: build, start_ms: start, compile_ms: compile, execute_ms: execute } = runtime.times;
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  const line = (name, ...value) => [h('dt', null, name), h('dd', null, ...value)];
  return h('dl', { class: 'identity' },
    runtime.details && line('details', prose(runtime.details)),
    runtime.source && line('from', h('code', null, runtime.source)),
    runtime.divergences_of && runtime.divergences_of !== runtime.name && line('divergences of', runtime.divergences_of),
    runtime.repeats > 1 && line('repeats', `each case was run ${runtime.repeats} times: ${runtime.varies.size ? `${count(runtime.varies.size, 'case')} flaky` : 'all had the same result each time'}`),
    runtime.timeouts !== null && line('time-outs', h('a', { href: toCases({ ask: 'retried', runtime: [runtime.name] }) }, runtime.timeouts)),
    runtime.ran && line('time', `build ${seconds(build)}, start ${seconds(start)}, compile ${seconds(compile)}, execute ${seconds(execute)}`),
    sinceLine(runtime, line),
    model.shown.length > 1 && runtime.ran && onlyHere(runtime, line));
}

/** How many cases fail in this code base only. */
function onlyHere(runtime, line) {
  const ask = `only:${codeBaseOf(runtime)}`;
  const { title, says } = questionOf(ask);
  return line('only here', h('a', { href: toCases({ ask }) }, `${title.toLowerCase()}: ${number(apply({ ...NO_FILTER, ask }).length)}`), says && ` (${says})`);
}

/** What changed since the published snapshot, in numbers. */
function sinceLine(runtime, line) {
  const since = model.history.since.find((entry) => entry.runtime === runtime.name);
  if (!since) return null;
  const kinds = Object.keys(CHANGE_KINDS).filter((kind) => since.changes.groups[kind]);
  return line(`since ${since.snapshot}`, kinds.length ? kinds.map((kind) => [changeBadge(kind, changed(since.changes, kind).length), ' ']) : 'nothing changed',
    kinds.length > 0 && [' ', h('a', { href: toCases({ ask: 'new', runtime: [runtime.name] }) }, 'new ones')]);
}

/** The causes behind most of what is known, in a line each. */
function topCauses(runtime) {
  const groups = byReason(runtime, 'k').filter((group) => group.reason?.kind);
  if (!groups.length) return null;
  const line = ({ reason, cases }) => h('li', null,
    h('b', null, count(cases.length, 'case')), ' ', h('span', { class: 'badge plain', title: KINDS[reason.kind] }, reason.kind), ' ',
    prose(reason.note.split(/(?<=[.]) /)[0]), ' ', reason.link && outside(reason.link, short(reason.link)));
  const shown = groups.slice(0, 10);
  return section('Causes', shown.length < groups.length ? `Those of most cases, of ${number(groups.length)}.` : '', h('ol', { class: 'top-causes' }, shown.map(line)));
}

function whatFails(runtime, title, letters, says) {
  const groups = byReason(runtime, letters);
  if (!groups.length) return null;
  const n = groups.reduce((sum, group) => sum + group.cases.length, 0);
  const list = h('ol', { class: 'causes' });
  const lazy = lazyList(list, groups, (group) => cause(runtime, group), 30);
  const kinds = ['bug', 'unsupported', 'unspecified'].map((kind) => [kind, groups.filter((group) => group.reason?.kind === kind)]);
  const kindsSaid = kinds.filter(([, of]) => of.length).map(([kind, of]) => `${of.reduce((sum, group) => sum + group.cases.length, 0)} ${kind}`).join(', ');
  const unexplained = groups.some((group) => group.differs !== null);
  const grouped = unexplained ? ` in ${count(groups.length, 'group')}, by what differs` : `, ${count(groups.length, 'cause')}`;
  return section(title, `${count(n, 'case')}${grouped}${kindsSaid && `: ${kindsSaid}`}. ${says}`, list, lazy.more);
}

function cause(runtime, { reason, differs = null, cases }) {
  const FIRST = 8;
  const chip = (item) => h('li', null, h('a', { href: toCase(item) }, item.id));
  const list = h('ul', { class: 'ids' }, cases.slice(0, FIRST).map(chip));
  if (cases.length > FIRST) {
    const button = h('button', { type: 'button', class: 'rest' }, `and ${number(cases.length - FIRST)} more`);
    button.addEventListener('click', () => {
      const first = cases.slice(FIRST).map(chip);
      button.parentElement.replaceWith(...first);
      first[0].firstChild.focus();
    });
    list.append(h('li', null, button));
  }
  return h('li', { class: 'cause' },
    h('div', { class: 'reason' }, reason ? reasonText(reason) : h('p', null, differs === null ? 'No cause is recorded.' : h('code', null, visible(differs)))),
    h('p', { class: 'small' }, count(cases.length, 'case')), list);
}

/** Bugs with no report upstream that we know of, by code base and cause: the rows of one code base count once. */
function findingsPage() {
  const bases = new Map();
  for (const finding of model.findings) {
    const { divergences_of: base } = model.runtimes[finding.runtimes[0]];
    if (!bases.has(base)) bases.set(base, []);
    bases.get(base).push(finding);
  }
  return h('div', { class: 'findings' },
    h('h1', { tabindex: -1 }, 'Findings', h('span', { class: 'n' }, ` ${number(model.findings.length)}`)),
    h('p', { class: 'says' }, 'Bugs without a report upstream that we know of. Each links to the source. Rows of one code base are shown together. ', h('a', { href: toCases({ ask: 'findings' }) }, 'Their cases')),
    [...bases].map(([, findings]) => {
      const rows = [...new Set(findings.flatMap((finding) => finding.runtimes))].sort((a, b) => a - b).map((i) => model.runtimes[i]);
      const groups = findings.map((finding) => ({ reason: model.reasons[finding.reason], cases: finding.cases.map((i) => model.cases[i]) }));
      const list = h('ol', { class: 'causes' });
      const lazy = lazyList(list, groups, (group) => cause(rows[0], group), 30);
      return h('section', null,
        h('h2', null, rows.map((runtime, i) => [i > 0 && ', ', h('a', { href: toRuntime(runtime) }, runtime.label)]), h('span', { class: 'n' }, ` ${number(groups.length)}`)), list, lazy.more);
    }),
    model.findings.length === 0 && h('p', { class: 'notice' }, 'None in this run.'));
}
