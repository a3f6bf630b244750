// Two texts side by side, with what differs marked, and single texts as lines.

/** Longer texts are shown in part until somebody asks. */
const MOST_LINES = 300;
const LONGEST_LINE = 4000;

/** As `diff.rs` splits texts: the rest after the last newline is a line unless it is empty. */
function linesOf(text) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Shows the first of many lines, and a button for the rest. */
function inPart(container, rows, make) {
  const show = (until, from = 0) => rows.slice(from, until).forEach((row) => container.append(make(row)));
  show(MOST_LINES);
  if (rows.length > MOST_LINES) {
    const button = h('button', { type: 'button', class: 'rest' }, `Show ${count(rows.length - MOST_LINES, 'more line')}`);
    button.addEventListener('click', () => {
      const at = button.closest('tr, li') ?? button;
      at.remove();
      show(rows.length, MOST_LINES);
    });
    const { tagName } = container;
    container.append(tagName === 'TBODY' ? h('tr', null, h('td', { colspan: 4 }, button)) : tagName === 'OL' ? h('li', null, button) : button);
  }
  return container;
}

function clip(line) {
  const shown = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}… (${number(line.length - LONGEST_LINE)} more characters)` : line;
  return visible(shown);
}

/** A text as lines. */
function textBlock(text, name) {
  if (text === '') return h('p', { class: 'empty' }, 'nothing');
  const lines = inPart(h('ol', { class: 'lines', 'aria-label': name }), linesOf(text), (line) => h('li', null, h('code', null, clip(line))));
  return h('div', { class: 'text', tabindex: 0, role: 'group', 'aria-label': name }, lines, unended(text));
}

function unended(text) {
  return !text.endsWith('\n') && h('p', { class: 'unended' }, '(no newline at the end)');
}

/** A line with its marked parts. */
function markedLine(line, marks) {
  if (!marks?.length || line.length > LONGEST_LINE) return clip(line);
  const parts = [];
  let at = 0;
  for (const [start, length] of marks) {
    parts.push(visible(line.slice(at, start)), h('mark', null, visible(line.slice(start, start + length))));
    at = start + length;
  }
  return [...parts, visible(line.slice(at))];
}

/** Rows of a difference: `[sign, left, its marks, right, its marks]`. */
function diffRows(left, right, stretches) {
  const rows = [];
  let [l, r] = [0, 0];
  for (const [inLeft, inRight, within] of stretches) {
    for (let i = 0; i < Math.max(inLeft, inRight); i += 1) {
      const [old, now] = [i < inLeft ? left[l + i] : null, i < inRight ? right[r + i] : null];
      const sign = within === null ? ' ' : old === null ? '+' : now === null ? '-' : '~';
      rows.push([sign, old, within?.[i]?.[0], now, within?.[i]?.[1]]);
    }
    l += inLeft;
    r += inRight;
  }
  return folded(rows);
}

/** Long stretches in common are one row that opens. */
function folded(rows) {
  const AROUND = 4;
  const near = new Set();
  rows.forEach(([sign], i) => {
    if (sign === ' ') return;
    for (let at = i - AROUND; at <= i + AROUND; at += 1) near.add(at);
  });
  const out = [];
  for (let i = 0; i < rows.length;) {
    let end = i;
    while (end < rows.length && !near.has(end)) end += 1;
    if (end - i > 2) {
      out.push(['fold', rows.slice(i, end)]);
      i = end;
    } else {
      out.push(rows[i]);
      i += 1;
    }
  }
  return out;
}

const DIFF_SAYS = { '~': 'differs', '-': 'expected, and not there', '+': 'not expected' };

function diffRow(row) {
  if (row[0] === 'fold') {
    const button = h('button', { type: 'button', class: 'rest' }, `⋯ ${count(row[1].length, 'equal line')}`);
    const element = h('tr', { class: 'fold' }, h('td', { colspan: 4 }, button));
    button.addEventListener('click', () => element.replaceWith(...row[1].slice(0, 2000).map(diffRow)));
    return element;
  }
  const [sign, left, leftMarks, right, rightMarks] = row;
  const side = (line, marks, kind, mark) => [
    h('td', { class: `sign ${kind}`, 'aria-hidden': 'true' }, line !== null && sign !== ' ' ? mark : ''),
    h('td', { class: line === null ? `${kind} gone` : kind }, line === null ? null : h('code', null, markedLine(line, marks))),
  ];
  const names = { ' ': 'equal', '~': 'changed', '-': 'minus', '+': 'plus' };
  return h('tr', { class: names[sign], title: DIFF_SAYS[sign] }, side(left, leftMarks, 'left', '−'), side(right, rightMarks, 'right', '+'));
}

/** What was expected on the left, what was observed on the right. */
function sideBySide(part, expected, observed, stretches) {
  const body = inPart(h('tbody'), diffRows(linesOf(expected), linesOf(observed), stretches), diffRow);
  const newline = expected.endsWith('\n') !== observed.endsWith('\n') && expected !== '' && observed !== '';
  return h('div', { class: 'diff' },
    h('table', null,
      h('caption', null, part, h('span', { class: 'key' }, ' − expected, + observed')),
      h('colgroup', null, ['sign', 'side', 'sign', 'side'].map((kind) => h('col', { class: kind }))),
      h('thead', null, h('tr', null, h('th', { scope: 'col', colspan: 2 }, 'expected'), h('th', { scope: 'col', colspan: 2 }, 'observed'))),
      body),
    newline && h('p', { class: 'unended' }, expected.endsWith('\n') ? 'observed: no newline at the end' : 'expected: no newline at the end'));
}
