// Rules and functions: what the run has proved, and what it has not.

/** What a runtime's cases of a rule have shown. */
function proof(rule, runtime) {
  const letters = rule.cases.map((item) => verdict(runtime, item));
  if (letters.some((letter) => BREAKS.includes(letter))) return 'broken';
  return letters.some((letter) => KEEPS.includes(letter)) ? 'kept' : 'open';
}

const PROOFS = {
  kept: { sign: '✓', word: 'kept', look: 'pass', says: 'all its cases that ran passed' },
  broken: { sign: '✗', word: 'broken', look: 'known', says: 'one of its cases did not pass' },
  open: { sign: '·', word: 'not shown', look: 'not-run', says: 'none of its cases ran' },
};

function rulesPage(filter) {
  const rules = [...model.rules.values()];
  if (!rules.length) return missing('This run has no rules: its cases are tests of wasi-testsuite.');
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rules.filter((rule) => {
    const text = `${rule.id} ${rule.text} ${rule.level} ${rule.basis}`.toLowerCase();
    return (!filter.level.length || filter.level.includes(rule.level)) && (!filter.basis.length || filter.basis.includes(rule.basis)) && words.every((word) => text.includes(word));
  });
  const list = h('ol', { class: 'rules' });
  const lazy = lazyList(list, found, ruleRow, 60);
  say(`${count(found.length, 'rule')} found`);
  return h('div', { class: 'rules-page' },
    h('h1', { tabindex: -1 }, 'Rules', h('span', { class: 'n' }, ` ${number(found.length)}`)),
    h('p', { class: 'says' }, 'What the specification requires, rule by rule. A runtime keeps a rule if all cases of the rule that ran passed.'),
    filter.q && h('p', { class: 'chosen' }, h('a', { class: 'chip', href: '#rules' }, `“${filter.q}”`, h('span', { 'aria-hidden': 'true' }, ' ×'))),
    words.length === 0 && [ruleSums(rules), functionTable()],
    words.length === 0 && h('h2', null, 'All rules'),
    list, lazy.more,
    found.length === 0 && h('p', { class: 'notice' }, 'No rule matches. ', h('a', { href: '#rules' }, 'Show all rules')));
}

function ruleSums(rules) {
  const row = (badge, those) => {
    if (!those.length) return null;
    const proved = those.filter((rule) => model.shown.some((runtime) => rule.cases.some((item) => KEEPS.includes(verdict(runtime, item)))));
    return h('tr', null, h('th', { scope: 'row' }, badge),
      [those.length, those.filter((rule) => rule.untested !== null).length, proved.length].map((n) => h('td', null, number(n))),
      model.shown.map((runtime) => h('td', null, number(those.filter((rule) => proof(rule, runtime) === 'kept').length))));
  };
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Rules by level and by basis' }, h('table', { class: 'plain-table' },
    h('thead', null, h('tr', null, ['level or basis', 'rules', 'untested', 'kept by some'].map((name) => h('th', { scope: 'col' }, name)),
      model.shown.map((runtime) => h('th', { scope: 'col' }, 'kept by ', runtime.name)))),
    h('tbody', null,
      Object.keys(LEVELS).map((level) => row(levelBadge(level), rules.filter((rule) => rule.level === level))),
      Object.keys(BASES).map((basis) => row(basisBadge(basis), rules.filter((rule) => rule.basis === basis))))));
}

function ruleRow(rule) {
  return h('li', { class: 'rule-row' },
    h('p', { class: 'rule' }, prose(rule.text)),
    h('p', { class: 'small' }, levelBadge(rule.level), ' ', basisBadge(rule.basis), ' ', h('b', null, rule.id), dot(), outside(rule.spec, short(rule.spec))),
    rule.untested !== null && h('p', { class: 'notice' }, h('b', null, 'Untested: '), prose(rule.untested)),
    rule.cases.length > 0 && h('p', { class: 'proofs' }, model.shown.map((runtime) => {
      const { sign, word, look, says } = PROOFS[proof(rule, runtime)];
      return h('span', { class: `badge v-${look}`, title: `${word}: ${says}` }, `${sign} ${runtime.name}`, h('span', { class: 'sr' }, ` ${word}`));
    })),
    rule.cases.length > 0 && h('ul', { class: 'ids' }, rule.cases.map((item) => h('li', null, h('a', { href: toCase(item) }, item.id)))));
}

/** Every function of the interface: who calls it, what it was seen to return. */
function functionTable() {
  if (!model.functions.length) {
    return h('p', { class: 'small' }, 'Run with ', h('code', null, '--coverage'), ' to see the functions that were called and the errnos that they returned.');
  }
  const languages = [...new Set(model.functions.flatMap((row) => Object.keys(row.cases)))].sort();
  const runtimes = new Set(model.functions.flatMap((row) => row.called)).size;
  const row = (entry) => {
    const errnos = Object.entries(entry.returned).filter(([errno]) => errno !== 'success');
    const succeeds = entry.returned.success?.length ?? (Object.keys(entry.returned).length ? 0 : entry.called.length);
    return h('tr', { class: entry.called.length ? null : 'none' },
      h('th', { scope: 'row' }, h('a', { href: toCases({ q: entry.name }) }, entry.name)),
      languages.map((language) => h('td', null, number(entry.cases[language] ?? 0))),
      h('td', null, entry.called.length ? `${succeeds} of ${runtimes}` : 'never called'),
      h('td', { class: 'errnos' }, errnos.map(([errno, on]) => h('span', { class: 'badge plain', title: on.join(', ') }, on.length === runtimes ? errno : `${errno} ${on.length}/${runtimes}`))));
  };
  return [
    h('h2', null, 'Functions'),
    h('p', { class: 'says' }, 'How many cases call a function, by the language of their guests; on how many runtimes it succeeds (or, if it never returns, is called); and the errnos that it returned, with the number of runtimes if not all.'),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Functions' }, h('table', { class: 'plain-table functions' },
      h('thead', null, h('tr', null, ['function', ...languages.map((language) => `from ${language}`), 'returns', 'errnos'].map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', null, model.functions.map(row)))),
  ];
}
