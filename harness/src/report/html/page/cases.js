// Cases by runtime, filtered: what most people look at most of the time.

const NARROW = matchMedia('(max-width: 760px)');

function casesPage(filter) {
  const found = apply(filter);
  const columns = columnsOf(filter);
  const question = questionOf(filter.ask);
  say(`${count(found.length, 'case')} found`);
  return h('div', { class: 'cases' },
    facets(filter, found.length),
    h('section', { class: 'found', 'aria-labelledby': 'found-title' },
      h('h1', { id: 'found-title', tabindex: -1 }, question?.cases ?? question?.title ?? (filter.group || 'Cases'), h('span', { class: 'n' }, ` ${number(found.length)}`)),
      question && h('p', { class: 'says' }, question.says),
      chosen(filter),
      found.length ? caseList(found, columns, filter) : h('p', { class: 'notice' }, 'No case matches. ', h('a', { href: '#cases' }, 'Show all cases'))));
}

/** What is chosen, each a link that takes it back. */
function chosen(filter) {
  const links = [];
  const back = (part, value, name) => links.push(h('a', { class: 'chip', href: toCases(toggled(filter, part, value)), 'aria-label': `Remove the filter ${name}` }, name, h('span', { 'aria-hidden': 'true' }, ' ×')));
  for (const part of ['runtime', 'verdict', 'level', 'basis', 'area']) filter[part].forEach((value) => back(part, value, value));
  if (filter.group) back('group', filter.group, filter.group);
  if (filter.ask) back('ask', filter.ask, questionOf(filter.ask)?.title ?? filter.ask);
  if (filter.q) back('q', filter.q, `“${filter.q}”`);
  if (!links.length) return null;
  return h('p', { class: 'chosen' }, links, h('a', { class: 'clear', href: '#cases' }, 'Clear all'));
}

function facets(filter, found) {
  const columns = columnsOf(filter);
  const facet = (part, title, values, valuesOf, show = (value) => value) => {
    const counts = facetCounts(filter, part, valuesOf);
    const choices = values.filter((value) => counts.get(value) || filter[part].includes(value));
    return choices.length > 0 && h('fieldset', null, h('legend', null, title), choices.map((value) =>
      choice(filter, part, value, show(value), counts.get(value) ?? 0)));
  };
  const words = LETTERS.map((letter) => VERDICTS[letter].word);
  const letterOf = (word) => LETTERS.find((letter) => VERDICTS[letter].word === word);
  const groups = facetCounts(filter, 'group', (item) => [item.group]);
  return h('details', { class: 'facets', open: !NARROW.matches },
    h('summary', null, 'Filters', h('span', { class: 'n' }, ` ${number(found)} found`)),
    h('form', { onsubmit: (event) => event.preventDefault() },
      h('fieldset', null, h('legend', null, 'Question'), select('ask', 'Question', filter,
        [['', 'none'], ...allQuestions().map(([name, question]) => [name, question.title])])),
      facet('runtime', 'Runtime', model.shown.map((runtime) => runtime.name),
        (item) => model.shown.filter((runtime) => verdict(runtime, item) !== '.').map((runtime) => runtime.name)),
      facet('verdict', 'Verdict', words, (item) => columns.map((runtime) => VERDICTS[verdict(runtime, item)].word), (word) => verdictBadge(letterOf(word))),
      facet('level', 'Level', Object.keys(LEVELS), (item) => [item.level], levelBadge),
      facet('basis', 'Basis', Object.keys(BASES), (item) => [item.basis], basisBadge),
      facet('area', 'Area', model.areas, (item) => [item.area]),
      h('fieldset', null, h('legend', null, 'Function'), select('group', 'Function', filter,
        [['', 'all of them'], ...model.groups.filter((group) => groups.get(group) || group === filter.group).map((group) => [group, `${group} (${groups.get(group) ?? 0})`])]))));
}

function choice(filter, part, value, shown, n) {
  const box = h('input', {
    type: 'checkbox', checked: filter[part].includes(value), 'data-key': `${part}=${value}`,
    onchange: () => go(toCases(toggled(filter, part, value))),
  });
  return h('label', { class: 'choice' }, box, h('span', { class: 'value' }, shown), h('span', { class: 'n' }, number(n)));
}

function select(part, title, filter, options) {
  return h('select', { 'aria-label': title, 'data-key': part, onchange: (event) => go(toCases({ ...filter, [part]: event.target.value })) },
    options.map(([value, name]) => h('option', { value, selected: filter[part] === value }, name)));
}

function caseList(found, columns, filter) {
  const narrow = NARROW.matches;
  const list = h('ol', { class: narrow ? 'list narrow' : 'list', '--columns': columns.length });
  const lazy = lazyList(list, found, (item, i) => [
    (i === 0 || found[i - 1].group !== item.group) && item.group ? groupHead(item.group, found) : null,
    h('li', null, caseRow(item, columns, filter, narrow)),
  ].filter(Boolean).reduce((part, element) => { part.append(element); return part; }, document.createDocumentFragment()));
  list.reach = lazy.reach;
  const upright = columns.length > 6;
  const head = h('div', { class: upright ? 'list-head upright' : 'list-head', '--columns': columns.length, 'aria-hidden': 'true' },
    h('span', null, 'case'), h('span', null, 'level'), columns.map((runtime) => h('span', { class: 'name', title: runtime.label }, runtime.name)));
  return [narrow ? null : head, list, lazy.more];
}

function groupHead(group, found) {
  const n = found.filter((item) => item.group === group).length;
  return h('li', { class: 'group-head' }, h('h2', null, group), h('span', { class: 'n' }, number(n)));
}

function caseRow(item, columns, filter, narrow) {
  const verdicts = columns.map((runtime) => [runtime, verdict(runtime, item)]);
  const said = verdicts.filter(([, letter]) => letter !== '.').map(([runtime, letter]) => `${runtime.name} ${VERDICTS[letter].word}`).join(', ');
  return h('a', { class: 'row', href: toCase(item, filter), 'data-id': item.id },
    h('span', { class: 'name' }, item.name),
    h('span', { class: `level l-${item.level}` }, item.level),
    h('span', { class: 'sr' }, ` ${said}. `),
    narrow ? shortVerdicts(verdicts) : verdicts.map(([runtime, letter]) => verdictCell(letter, runtime.name)),
    h('span', { class: 'about' }, prose(item.title)));
}

/** On a narrow screen: who differs by name, and how many do not. */
function shortVerdicts(verdicts) {
  const passed = verdicts.filter(([, letter]) => letter === 'p').length;
  return h('span', { class: 'short', 'aria-hidden': 'true' },
    passed > 0 && h('span', { class: 'badge v-pass' }, passed === verdicts.length ? '✓ all' : `✓ ${passed}`),
    verdicts.filter(([, letter]) => letter !== 'p' && letter !== '.').map(([runtime, letter]) =>
      h('span', { class: `badge v-${VERDICTS[letter].word}` }, `${VERDICTS[letter].sign} ${runtime.name}`)));
}
