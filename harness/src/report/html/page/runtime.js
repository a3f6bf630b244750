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
    runtime.smoke_test_failure !== null && h('p', { class: 'notice fail' }, h('b', null, '! Its runner did not prove itself. '), runtime.smoke_test_failure),
    runtime.ran && h('div', { class: 'sum' },
      conformanceLine(runtime),
      countsBar(runtime.counts), countBadges(runtime.counts, to)),
    identity(runtime),
    runtime.ran && [
      whatFails(runtime, 'Unexpected', UNEXPECTED, 'These fail the run.'),
      whatFails(runtime, 'Known divergences', 'k', 'Each was looked into; one reason may stand behind many cases.'),
      whatFails(runtime, 'Left open', 'd', 'Not as expected where the specification leaves it open: reported, never failed.'),
      whatFails(runtime, 'What it cannot do', 's', 'Not run, because the runtime or the way it is embedded has no way to do it.'),
    ]);
}

function identity(runtime) {
  const { build_ms: build, start_ms: start, compile_ms: compile, execute_ms: execute } = runtime.times;
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  const line = (name, ...value) => [h('dt', null, name), h('dd', null, ...value)];
  return h('dl', { class: 'identity' },
    runtime.details && line('what', runtime.details),
    runtime.source && line('from', h('code', null, runtime.source)),
    runtime.divergences_of && runtime.divergences_of !== runtime.name && line('records of', runtime.divergences_of),
    runtime.repeats > 1 && line('repeats', `each case was run ${runtime.repeats} times: ${runtime.varies.size ? `${count(runtime.varies.size, 'case')} did not always come out the same` : 'all came out the same each time'}`),
    runtime.ran && line('time', `build ${seconds(build)}, start ${seconds(start)}, compile ${seconds(compile)}, execute ${seconds(execute)}`),
    sinceLine(runtime, line),
    runtime.ran && line('alone', h('a', { href: toCases({ ask: `only:${runtime.name}` }) }, `fails only in ${runtime.name}: ${number(apply({ ...NO_FILTER, ask: `only:${runtime.name}` }).length)}`)));
}

/** What changed since the published snapshot, in numbers. */
function sinceLine(runtime, line) {
  const since = model.history.since.find((entry) => entry.runtime === runtime.name);
  if (!since) return null;
  const kinds = Object.keys(CHANGE_KINDS).filter((kind) => since.changes.cases[kind]);
  return line(`since ${since.snapshot}`, kinds.length ? kinds.map((kind) => [changeBadge(kind, since.changes.cases[kind].length), ' ']) : 'nothing changed',
    kinds.length > 0 && [' ', h('a', { href: toCases({ ask: 'new', runtime: [runtime.name] }) }, 'what is new')]);
}

function whatFails(runtime, title, letters, says) {
  const groups = byReason(runtime, letters);
  if (!groups.length) return null;
  const n = groups.reduce((sum, group) => sum + group.cases.length, 0);
  const list = h('ol', { class: 'causes' });
  const lazy = lazyList(list, groups, (group) => cause(runtime, group), 30);
  const kinds = ['bug', 'unsupported', 'unspecified'].map((kind) => [kind, groups.filter((group) => group.reason?.kind === kind)]);
  const kindsSaid = kinds.filter(([, of]) => of.length).map(([kind, of]) => `${of.reduce((sum, group) => sum + group.cases.length, 0)} ${kind}`).join(', ');
  return section(title, `${count(n, 'case')}, ${count(groups.length, 'cause')}${kindsSaid && `: ${kindsSaid}`}. ${says}`, list, lazy.more);
}

function cause(runtime, { reason, cases }) {
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
    h('div', { class: 'reason' }, reason ? reasonText(reason) : h('p', null, 'No reason is recorded.')),
    h('p', { class: 'small' }, count(cases.length, 'case')), list);
}

/** Bugs with no report upstream that we know of, by runtime and cause. */
function findingsPage() {
  const parts = model.shown.map((runtime) => [runtime, byReason(runtime, 'k').filter(({ reason }) => reason?.kind === 'bug' && !reason.reported)]);
  const all = parts.reduce((sum, [, groups]) => sum + groups.length, 0);
  return h('div', { class: 'findings' },
    h('h1', { tabindex: -1 }, 'Findings', h('span', { class: 'n' }, ` ${number(all)}`)),
    h('p', { class: 'says' }, 'Bugs of which no report upstream is known. Each links the source that does it. ', h('a', { href: toCases({ ask: 'findings' }) }, 'Their cases')),
    parts.filter(([, groups]) => groups.length).map(([runtime, groups]) => {
      const list = h('ol', { class: 'causes' });
      const lazy = lazyList(list, groups, (group) => cause(runtime, group), 30);
      return h('section', null, h('h2', null, h('a', { href: toRuntime(runtime) }, runtime.label), h('span', { class: 'n' }, ` ${number(groups.length)}`)), list, lazy.more);
    }),
    all === 0 && h('p', { class: 'notice' }, 'None in this run.'));
}
