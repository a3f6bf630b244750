// The first page: what was run, what came of it, and the ways in.

function overviewPage() {
  return h('div', { class: 'overview' },
    h('h1', { tabindex: -1 }, 'WASI preview 1 conformance'),
    facts(),
    outcome(),
    section('Runtimes', 'The numbers count cases. One cause often shows in many cases, so they do not rank runtimes.',
      h('div', { class: 'cards' }, model.runtimes.map(card))),
    section('Questions', null, questions()),
    model.shown.length ? section('By function', 'Cases as expected, of those that ran. Each cell leads to its cases.', matrix()) : null,
    section('Verdicts', null, legend()));
}

function section(title, says, ...content) {
  const id = `s-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), says && h('p', { class: 'says' }, says), ...content);
}

function facts() {
  const { host } = model;
  return h('p', { class: 'facts' },
    `${count(model.cases.length, 'case')} on ${count(model.shown.length, 'runtime')}`, dot(),
    `${host.os} ${host.arch}`, dot(),
    h('time', { datetime: model.started }, model.started.replace('T', ' ').replace('Z', ' UTC')), dot(),
    `${model.seconds.toFixed(1)} s, ${count(host.jobs, 'job')} on ${count(host.cpus, 'processor')}`, dot(),
    model.tool);
}

function dot() {
  return h('span', { class: 'dot', 'aria-hidden': 'true' }, ' · ');
}

/** Whether all is well, in a sentence. */
function outcome() {
  const unexpected = model.shown.reduce((sum, runtime) => sum + [...UNEXPECTED].reduce((n, letter) => n + runtime.counts[letter], 0), 0);
  const all = model.shown.reduce((sum, runtime) => sum + runtime.letters.replaceAll('.', '').length, 0);
  return [
    model.complete ? null : h('p', { class: 'notice warn' }, h('b', null, '! Incomplete. '), 'Cases that did not run are missing.'),
    model.limits.length > 0 && h('p', { class: 'notice' }, model.limits.join(' ')),
    unexpected
      ? h('p', { class: 'notice fail' }, h('b', null, `✗ ${count(unexpected, 'unexpected verdict')} `), `of ${number(all)}. `,
        h('a', { href: toCases({ ask: 'unexpected' }) }, unexpected === 1 ? 'Show it' : 'Show them'))
      : h('p', { class: 'notice pass' }, h('b', null, '✓ Nothing unexpected. '),
        `Each of ${count(all, 'verdict')} is a pass, a known divergence, or a skipped case.`),
    model.timeouts !== null && h('p', { class: 'notice warn' }, `${model.timeouts}. `, h('a', { href: toCases({ ask: 'retried' }) }, 'Show them')),
  ];
}

function card(runtime) {
  if (runtime.unavailable !== null) {
    return h('article', { class: 'card absent' },
      h('h3', null, runtime.name), h('p', { class: 'tag' }, '– not available'),
      h('p', { class: 'reason' }, runtime.unavailable));
  }
  const to = (letter) => toCases({ runtime: [runtime.name], verdict: [VERDICTS[letter].word] });
  return h('article', { class: 'card' },
    h('h3', null, h('a', { href: toRuntime(runtime) }, runtime.name), ' ', h('span', { class: 'version' }, runtime.version)),
    h('p', { class: 'details' }, prose(runtime.details)),
    runtime.smoke_test_failure !== null && h('p', { class: 'notice fail' }, h('b', null, '! The smoke test failed. '), runtime.smoke_test_failure),
    conformanceLine(runtime),
    countsBar(runtime.counts),
    countBadges(runtime.counts, to),
    h('p', { class: 'origin' }, runtime.source && ['from ', runtime.source]));
}

function questions() {
  const only = [];
  const others = [];
  for (const [name, question] of allQuestions()) {
    const n = question.count ? question.count() : apply({ ...NO_FILTER, ask: name }).length;
    const link = h('a', { href: question.count ? `#${name}` : toCases({ ask: name }), class: n ? 'question' : 'question none' },
      h('span', { class: 'what' }, question.title), h('span', { class: 'n' }, number(n)), question.says && h('span', { class: 'says' }, question.says));
    (name.startsWith('only:') ? only : others).push(link);
  }
  return [h('div', { class: 'questions' }, others), h('div', { class: 'questions narrow' }, only), model.shown.length > 2 && twoRuntimes()];
}

/** Where two runtimes, or two versions of one, do not do the same. */
function twoRuntimes() {
  const choice = (title, chosen) => h('select', { 'aria-label': title },
    model.shown.map((runtime, i) => h('option', { value: runtime.name, selected: i === chosen }, runtime.name)));
  const [one, other] = [choice('One runtime', 0), choice('Another runtime', 1)];
  const show = (event) => {
    event.preventDefault();
    go(toCases({ runtime: [...new Set([one.value, other.value])], ask: 'disagree' }));
  };
  return h('form', { class: 'two-runtimes', onsubmit: show }, 'Where do ', one, ' and ', other, ' differ? ', h('button', { type: 'submit', class: 'rest' }, 'Show'));
}

/** Areas, each opening into its functions, by runtime. */
function matrix() {
  const table = h('table', { class: 'matrix' });
  const head = model.shown.map((runtime) =>
    h('th', { scope: 'col' }, h('a', { href: toRuntime(runtime) }, h('span', { class: 'name' }, runtime.name), h('span', { class: 'version' }, runtime.version))));
  table.append(h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'area and function'), h('th', { scope: 'col', class: 'total' }, 'cases'), head)));
  for (const area of model.areas) {
    const inArea = model.cases.filter((item) => item.area === area);
    const groups = [...new Set(inArea.map((item) => item.group))];
    const body = h('tbody', { class: 'groups', hidden: true, id: `area-${area}` }, groups.map((group) =>
      matrixRow({ group, area: [area] }, inArea.filter((item) => item.group === group), group || '(no group)')));
    const toggle = h('button', {
      type: 'button', class: 'toggle', 'aria-expanded': 'false', 'aria-controls': `area-${area}`, 'aria-label': `Functions of ${area}`,
      onclick: () => {
        body.hidden = !body.hidden;
        toggle.setAttribute('aria-expanded', String(!body.hidden));
      },
    }, h('span', { 'aria-hidden': 'true' }, '▸'));
    table.append(h('tbody', { class: 'area' }, matrixRow({ area: [area] }, inArea, area, toggle)), body);
  }
  table.append(h('tbody', { class: 'all' }, matrixRow({}, model.cases, 'all')));
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Results by function' }, table);
}

function matrixRow(filter, cases, name, toggle = null) {
  return h('tr', null,
    h('th', { scope: 'row' }, toggle, h('a', { href: toCases(filter) }, name)),
    h('td', { class: 'total' }, number(cases.length)),
    model.shown.map((runtime) => matrixCell(filter, cases, runtime)));
}

/** How many cases are as expected: numbers, a bar, and a sign if anything is unexpected. */
function matrixCell(filter, cases, runtime) {
  const counts = countsOf(runtime, cases);
  const { kept, all } = answered(counts);
  const said = LETTERS.filter((letter) => counts[letter]).map((letter) => `${counts[letter]} ${VERDICTS[letter].word}`).join(', ');
  const bad = [...UNEXPECTED].some((letter) => counts[letter]);
  if (all === 0 && !bad) {
    return h('td', { class: 'none', title: said || 'not run' }, said ? h('a', { href: toCases({ ...filter, runtime: [runtime.name] }) }, '–') : '·');
  }
  return h('td', { class: kept === all ? 'full' : 'part', title: said },
    h('a', { href: toCases({ ...filter, runtime: [runtime.name] }) },
      h('span', { class: 'numbers' }, bad && h('span', { class: 'bad', 'aria-hidden': 'true' }, '✗ '), h('b', null, number(kept)), kept === all ? ' ✓' : ` / ${number(all)}`),
      countsBar(counts)));
}

function legend() {
  return h('dl', { class: 'legend' }, LETTERS.map((letter) =>
    h('div', null, h('dt', null, verdictBadge(letter)), h('dd', null, VERDICTS[letter].says))));
}
