// Shows what the address asks for, and listens to the keyboard.

const TITLE = document.title;
let shown = null;

function go(address) {
  location.hash = address.replace(/^#/, '');
}

function missing(text) {
  return h('div', null, h('h1', { tabindex: -1 }, 'Not here'), h('p', { class: 'notice' }, text, ' ', h('a', { href: '#cases' }, 'All cases')));
}

function pageFor(view) {
  switch (view.page) {
    case 'overview': return overviewPage();
    case 'cases': return casesPage(view.filter);
    case 'case': return casePage(view.item, view.filter);
    case 'runtime': return runtimePage(view.runtime);
    case 'rules': return rulesPage(view.filter);
    case 'findings': return findingsPage();
    case 'history': return historyPage();
    default: return missing(view.page.includes('::') ? `No case of this run is called ${view.page}.` : `There is no page ${view.page}.`);
  }
}

/** Shows the address. The focused element keeps the focus if it is still there; a new page begins at its top. */
function show() {
  const view = readAddress(location.hash);
  const focused = document.activeElement?.dataset?.key;
  const open = document.querySelector('.facets')?.open;
  const same = shown !== null && shown.page === view.page && view.page !== 'case' && view.page !== 'runtime';
  const scrolled = scrollY;
  const left = shown;
  shown = view;
  const main = document.getElementById('main');
  main.replaceChildren(pageFor(view));
  const title = main.querySelector('h1');
  document.title = view.page === 'overview' ? TITLE : `${title?.textContent ?? view.page} – ${TITLE}`;
  const search = document.getElementById('search');
  if (document.activeElement !== search) search.value = view.filter.q;
  search.placeholder = NARROW.matches ? 'Search' : view.page === 'rules' ? 'Search rules' : 'Search cases';
  markPages(view);
  const facetsNow = main.querySelector('.facets');
  if (same && facetsNow && open !== undefined) facetsNow.open = open;
  if (document.activeElement === search) return;
  if (same) {
    const again = focused && main.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    if (again) again.focus({ preventScroll: true });
    scrollTo(0, Math.min(scrolled, document.body.scrollHeight));
    return;
  }
  scrollTo(0, 0);
  // From a case back to where it was found.
  if (view.page === 'cases' && left?.page === 'case' && focusCase(left.item)) return;
  if (left !== null) title?.focus({ preventScroll: true });
}

function markPages(view) {
  const here = view.page === 'case' ? 'cases' : view.page;
  const entries = [['', 'Overview', 'overview'], ['cases', 'Cases', 'cases'], ['rules', 'Rules', 'rules'], ['findings', 'Findings', 'findings'], ['history', 'Versions', 'history']];
  document.getElementById('pages').replaceChildren(...entries.map(([address, name, page]) =>
    h('a', { href: `#${address}`, 'aria-current': here === page ? 'page' : null }, name)));
}

// Rows of the list of cases.

function rows() {
  return [...document.querySelectorAll('.list .row')];
}

function focusCase(item) {
  const at = apply(readAddress(location.hash).filter).indexOf(item);
  if (at < 0) return false;
  document.querySelector('.list')?.reach(at);
  const row = document.querySelector(`.list .row[data-id="${CSS.escape(item.id)}"]`);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'center' });
  return Boolean(row);
}

function moveInList(step) {
  let all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const to = at < 0 ? 0 : Math.max(at + step, 0);
  document.querySelector('.list').reach(to);
  all = rows();
  const row = all[Math.min(to, all.length - 1)];
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

// Keys, and the search.

const KEYS = [
  ['/', 'search'], ['j or ↓, k or ↑', 'next and previous case, in the list and on a case'], ['Enter', 'open the case'],
  ['Escape', 'leave the search; from a case back to the list; in the list clear the filters'], ['o, c, r, f, v', 'overview, cases, rules, findings, versions'], ['?', 'this help'],
];

function showHelp() {
  const help = document.getElementById('help');
  help.replaceChildren(h('h2', { id: 'help-title' }, 'Keys'),
    h('dl', null, KEYS.map(([key, does]) => [h('dt', null, h('kbd', null, key)), h('dd', null, does)])),
    h('form', { method: 'dialog' }, h('button', { type: 'submit' }, 'Close')));
  help.showModal();
}

function escape() {
  if (shown.page === 'case') go(toCases(shown.filter));
  else if (shown.page === 'cases' && writeFilter(shown.filter)) go('#cases');
  else if (shown.page !== 'cases' && shown.page !== 'overview') go('#');
}

const PAGE_KEYS = { o: '#', c: '#cases', r: '#rules', f: '#findings', v: '#history' };

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById('help').open) return;
  const { target, key } = event;
  const search = document.getElementById('search');
  if (target === search) {
    if (key === 'Escape') {
      event.preventDefault();
      search.blur();
    } else if (key === 'ArrowDown' || (key === 'Enter' && shown.page === 'cases')) {
      event.preventDefault();
      if (key === 'Enter') onSearch();
      moveInList(1);
    }
    return;
  }
  if (target.closest('select, textarea, input:not([type=checkbox])')) return;
  const arrows = key === 'ArrowDown' || key === 'ArrowUp';
  // Arrows scroll, except where they go from row to row.
  if (arrows && !target.closest('.row')) return;
  if (key === '/') search.select();
  else if (key === '?') showHelp();
  else if (key === 'Escape') escape();
  else if (key === 'j' || key === 'ArrowDown') shown.page === 'case' ? document.getElementById('next')?.click() : moveInList(1);
  else if (key === 'k' || key === 'ArrowUp') shown.page === 'case' ? document.getElementById('previous')?.click() : moveInList(-1);
  else if (Object.hasOwn(PAGE_KEYS, key)) go(PAGE_KEYS[key]);
  else return;
  event.preventDefault();
}

/** A search is a filter like any other; while it is typed it makes no history. */
function onSearch() {
  const { value } = document.getElementById('search');
  const rules = shown.page === 'rules';
  const filter = shown.page === 'cases' || rules ? shown.filter : NO_FILTER;
  const address = rules ? `#rules${writeFilter({ ...filter, q: value })}` : toCases({ ...filter, q: value });
  if (shown.page === 'cases' || rules) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  show();
}

async function begin() {
  try {
    if (typeof DecompressionStream === 'undefined') throw new Error('this browser is too old to unpack it (it has no DecompressionStream)');
    model = makeModel(await unpack());
  } catch (error) {
    document.getElementById('loading').replaceWith(h('p', { class: 'notice fail' }, h('b', null, '✗ The report cannot be shown: '), String(error.message ?? error)));
    return;
  }
  const search = document.getElementById('search');
  let waiting = 0;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(onSearch, 120);
  });
  document.getElementById('find').addEventListener('submit', (event) => {
    event.preventDefault();
    onSearch();
  });
  document.getElementById('skip').addEventListener('click', (event) => {
    event.preventDefault();
    document.getElementById('main').focus();
  });
  addEventListener('hashchange', show);
  addEventListener('keydown', onKey);
  NARROW.addEventListener('change', show);
  show();
}

begin();
