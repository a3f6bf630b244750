// What verdicts, levels and parts are called, and how they are marked: never by colour alone.

const VERDICTS = {
  p: { word: 'pass', sign: '✓', says: 'exactly what the case expects' },
  f: { word: 'fail', sign: '✗', says: 'neither what the case expects nor a recorded divergence' },
  x: { word: 'unexpected-pass', sign: '★', says: 'a recorded divergence that no longer happens: remove it' },
  e: { word: 'harness-error', sign: '!', says: 'the harness failed, not the runtime' },
  k: { word: 'known', sign: '≠', says: 'exactly the divergence recorded for this version' },
  d: { word: 'differs', sign: '≈', says: 'not as expected, where the specification leaves it open' },
  y: { word: 'flaky', sign: '~', says: 'unexpected at first, and as expected when run again alone' },
  s: { word: 'skip', sign: '–', says: 'needs a capability that the runtime does not have' },
  '.': { word: 'not run', sign: '·', says: 'not part of this run' },
};
const LETTERS = ['p', 'f', 'x', 'e', 'y', 'k', 'd', 's'];
/** Verdicts that keep a rule, that break it, and that fail the run. */
const KEEPS = 'px';
const BREAKS = 'fkd';
const UNEXPECTED = 'fxe';

const LEVELS = {
  must: 'its basis requires it',
  should: 'its basis suggests it, or implementations agree on it',
  may: 'left open: reported, never failed',
};

/** Who says so. */
const BASES = {
  wasi: 'the text of WASI says it, or it follows directly',
  posix: 'WASI is silent or names a function of POSIX, and POSIX decides',
  practice: 'neither decides; implementations agree',
};
const BASIS_NAMES = { wasi: 'WASI', posix: 'POSIX', practice: 'practice' };

const KINDS = {
  bug: 'the rule is broken',
  unsupported: 'the runtime says that it does not do this',
  unspecified: 'the specification leaves it open',
};

/** Verdicts that no divergence explains. */
const UNEXPLAINED = 'fd';

/** A verdict as a sign and its word. */
function verdictBadge(letter) {
  const { word, sign } = VERDICTS[letter];
  return h('span', { class: `badge v-${word.replace(' ', '-')}` }, h('span', { 'aria-hidden': 'true' }, sign), ` ${word}`);
}

/** A verdict as a small square with its sign. */
function verdictCell(letter, whose) {
  const { word, sign } = VERDICTS[letter];
  return h('span', { class: `cell v-${word.replace(' ', '-')}`, 'aria-hidden': 'true', title: `${whose}: ${word}` }, sign);
}

function levelBadge(level) {
  return h('span', { class: `badge level l-${level}`, title: LEVELS[level] }, level);
}

function basisBadge(basis) {
  return h('span', { class: 'badge plain', title: BASES[basis] }, BASIS_NAMES[basis]);
}

function number(n) {
  return n.toLocaleString('en-GB').replaceAll(',', '\u202f');
}

function count(n, one, many = `${one}s`) {
  return `${number(n)} ${n === 1 ? one : many}`;
}

/** Rounded down, so that only all is 100 %. */
function percent(part, whole) {
  return whole === 0 ? '–' : `${(Math.floor((part * 1000) / whole) / 10).toFixed(1)} %`;
}

/** Counts of verdicts as a bar: drawn for the eye, said in words beside it. */
function countsBar(counts) {
  const total = LETTERS.reduce((sum, letter) => sum + counts[letter], 0);
  const said = LETTERS.filter((letter) => counts[letter]).map((letter) => `${counts[letter]} ${VERDICTS[letter].word}`);
  const parts = LETTERS.filter((letter) => counts[letter]).map((letter) =>
    h('span', { class: `part b-${VERDICTS[letter].word}`, '--share': counts[letter] / total }));
  return h('span', { class: 'bar-of-counts', role: 'img', 'aria-label': said.join(', ') || 'nothing ran' }, parts);
}

/** Counts of verdicts as badges; `to` makes each a link. */
function countBadges(counts, to) {
  return h('span', { class: 'count-badges' }, LETTERS.filter((letter) => counts[letter]).map((letter) => {
    const { word, sign, says } = VERDICTS[letter];
    const inner = [h('span', { 'aria-hidden': 'true' }, sign), ` ${number(counts[letter])} ${word}`];
    return h('a', { class: `badge v-${word}`, href: to(letter), title: says }, inner);
  }));
}
