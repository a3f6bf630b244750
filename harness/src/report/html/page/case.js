// One case: its rule, what the guest is given and should do, and what each runtime did.

function casePage(item, filter) {
  const neighbours = apply(filter);
  const at = neighbours.indexOf(item);
  const previous = neighbours[at - 1] ?? null;
  const next = at < 0 ? null : neighbours[at + 1] ?? null;
  return h('article', { class: 'case' },
    h('nav', { class: 'path', 'aria-label': 'Where this is' },
      h('a', { href: toCases(filter), id: 'back' }, '← Cases'),
      item.group && h('a', { href: toCases({ group: item.group }) }, item.group),
      h('span', { class: 'steps' },
        at >= 0 && h('span', { class: 'n' }, `${number(at + 1)} of ${number(neighbours.length)}`),
        step(previous, filter, '‹ Previous', 'previous'), step(next, filter, 'Next ›', 'next'))),
    h('h1', { tabindex: -1 }, item.group && h('span', { class: 'group' }, `${item.group}::`), h('wbr'), item.name),
    h('p', { class: 'tags' }, levelBadge(item.level), basisBadge(item.basis), h('span', { class: 'badge plain' }, item.area), h('span', { class: 'badge plain' }, item.guest)),
    caseRules(item),
    strip(item),
    section('Observed', null, observations(item)),
    h('div', { class: 'two' }, section('Given', null, given(item)), section('Expected', null, expected(item))),
    section('Reproduce', null, reproduce(item)),
    item.guest_sources.length > 0 && section('Guest', `What ${item.guest} does for these arguments.`, guestSources(item)));
}

function step(to, filter, name, id) {
  return to ? h('a', { href: toCase(to, filter), id, title: to.id }, name) : h('span', { class: 'off' }, name);
}

function caseRules(item) {
  const rules = item.rules.map((id) => model.rules.get(id)).filter(Boolean);
  if (!rules.length) return h('p', { class: 'rule' }, prose(item.title), item.spec && [' ', outside(item.spec, 'specification')]);
  return h('ul', { class: 'case-rules' }, rules.map((rule) => h('li', null,
    h('p', { class: 'rule' }, prose(rule.text)),
    h('p', { class: 'small' }, levelBadge(rule.level), ' ', basisBadge(rule.basis), ' ', h('a', { href: `#rules?q=${encodeURIComponent(rule.id)}` }, rule.id), dot(), outside(rule.spec, short(rule.spec))))));
}

/** All verdicts at a glance; each leads to its runtime. */
function strip(item) {
  return h('ul', { class: 'strip', 'aria-label': 'Verdicts' }, model.runtimes.filter((runtime) => runtime.unavailable === null).map((runtime) =>
    h('li', null, h('a', { class: 'who', href: toRuntime(runtime), title: runtime.label }, runtime.name), verdictBadge(verdict(runtime, item)))));
}

/** Runtimes that did the same are together; those that did what is expected come last. */
function observations(item) {
  const groups = new Map();
  for (const runtime of model.shown) {
    const letter = verdict(runtime, item);
    if (letter === '.') continue;
    const plain = letter === 'p' && runtime.observation(item) === null;
    const key = plain ? 'as expected' : `${LETTERS.indexOf(letter)} ${runtime.observationPlace(item)} ${letter === 's' || letter === 'e' ? runtime.reasons(item)[0]?.note : ''}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(runtime);
  }
  const rank = (runtimes) => 'fxekdps'.indexOf(verdict(runtimes[0], item));
  const sorted = [...groups.values()].sort((a, b) => rank(a) - rank(b));
  return sorted.map((runtimes) => observed(runtimes, item));
}

function observed(runtimes, item) {
  const letter = verdict(runtimes[0], item);
  const observation = runtimes[0].observation(item);
  const parts = observation?.parts ?? [];
  return h('div', { class: `observed o-${VERDICTS[letter].word}` },
    h('h3', null, verdictBadge(letter), runtimes.map((runtime) => h('a', { href: toRuntime(runtime), class: 'who' }, runtime.label))),
    runtimes.map((runtime) => [runtime, sinceSnapshot(runtime, item)]).filter(([, since]) => since !== null).map(([runtime, [kind, snapshot]]) =>
      h('p', { class: 'small' }, changeBadge(kind), ` since the snapshot of ${snapshot}`, runtimes.length > 1 && ` (${runtime.name})`)),
    reasons(runtimes, item),
    runtimes.filter((runtime) => runtime.varies.has(item.i)).map((runtime) =>
      h('p', { class: 'notice warn' }, h('b', null, 'Flaky. '), `${runtime.label}: ${runtime.varies.get(item.i)}`)),
    runtimes.filter((runtime) => runtime.retried.has(item.i)).map((runtime) =>
      h('p', { class: 'notice warn' }, h('b', null, 'Timed out. '), `${runtime.label}: run again alone, it ${runtime.retried.get(item.i) ? 'timed out again' : 'ended in time; the verdict is of that run'}.`)),
    parts.length > 0 && !parts.some(([part]) => part === 'exit') && h('p', { class: 'outcome' }, 'The exit is as expected: ', h('code', null, clip(observation.outcome))),
    parts.map(([part, left, right, difference]) => sideBySide(part, model.texts[left], model.texts[right], model.diffs[difference])),
    observation?.stdout != null && [h('h4', null, item.stdout.length === 0 ? 'stdout, which the case does not compare' : parts.length ? 'stdout' : 'stdout, one of those allowed'), textBlock(model.texts[observation.stdout], 'stdout')],
    observation?.stderr != null && [h('h4', null, 'stderr'), textBlock(model.texts[observation.stderr], 'stderr')],
    letter === 'p' && observation === null && h('p', { class: 'small' }, 'Exactly as expected.'));
}

/** Why: once where it is the same for several runtimes. */
function reasons(runtimes, item) {
  const said = new Map();
  for (const runtime of runtimes) {
    for (const reason of runtime.reasons(item)) {
      if (!said.has(reason)) said.set(reason, []);
      said.get(reason).push(runtime);
    }
  }
  return [...said].map(([reason, who]) => h('div', { class: 'reason' },
    runtimes.length > 1 && who.length < runtimes.length && h('b', null, `${who.map((runtime) => runtime.name).join(', ')}: `),
    reasonText(reason)));
}

function reasonText(reason) {
  return [
    h('p', null, prose(reason.note)),
    reason.kind && h('p', { class: 'small' },
      h('span', { class: 'badge plain', title: KINDS[reason.kind] }, reason.kind), ' ',
      reason.link && outside(reason.link, short(reason.link)),
      reason.kind === 'bug' && !reason.reported && [' ', h('span', { class: 'badge plain finding', title: 'The link leads to the source; we know of no report upstream' }, 'no report known')]),
  ];
}

function expected(item) {
  const texts = (places, name) => {
    const [first, ...others] = places.map((place) => textBlock(model.texts[place], name));
    return first && [
      h('h3', null, others.length ? `${name}, one of ${places.length} that are allowed` : name), first,
      others.length > 0 && h('details', { class: 'others' }, h('summary', null, `or ${others.length === 1 ? 'this' : `one of these ${others.length}`}`), others)];
  };
  const stderr = item.stderr.filter((place) => model.texts[place] !== '');
  return [
    item.stdout.length === 0 && h('p', { class: 'small' }, 'The case does not compare stdout.'),
    item.exit !== null && h('p', null, typeof item.exit === 'number' ? 'exit status ' : 'ends with ', h('code', null, String(item.exit))),
    texts(item.stdout, 'stdout'),
    stderr.length > 0 && texts(item.stderr, 'stderr'),
    item.after !== null && (item.after.some((name) => name.change)
      ? [h('h3', null, 'Files afterwards'), tree(item.after)]
      : h('p', { class: 'small' }, item.after.length ? 'The files do not change.' : 'No file is created.')),
  ];
}

const CHANGES = { '+': 'new', '~': 'changed', '-': 'removed' };

function tree(names) {
  if (!names.length) return h('p', { class: 'empty' }, 'no files');
  return inPart(h('ol', { class: 'tree' }), names, ({ path, what, change }) => h('li', { class: change ? CHANGES[change] : null },
    change && h('span', { class: 'change' }, `${change} ${CHANGES[change]}`),
    h('code', { class: 'name' }, clip(path)), what && h('code', { class: 'what' }, clip(what))));
}

function given(item) {
  const stdin = typeof item.stdin === 'string' ? item.stdin : null;
  const standard = item.preopens.length === 1 && item.preopens[0].guest === '/data' && item.preopens[0].host === '.' && !item.preopens[0].read_only;
  return [
    item.args.length > 0 && [h('h3', null, 'Arguments'), h('div', { class: 'text', tabindex: 0, role: 'group', 'aria-label': 'Arguments' },
      inPart(h('ol', { class: 'lines' }), item.args, (argument) => h('li', null, h('code', null, clip(argument)))))],
    item.env.length > 0 && [h('h3', null, 'Environment'), h('div', { class: 'text' }, inPart(h('ol', { class: 'lines' }), item.env, (pair) => h('li', null, h('code', null, clip(pair)))))],
    item.socket ? h('p', null, 'stdin is a ', item.socket, ' socket') : stdin === null
      ? h('p', null, 'stdin: ', h('code', null, JSON.stringify(item.stdin)))
      : stdin !== '' && [h('h3', null, 'stdin'), textBlock(stdin, 'stdin')],
    item.timeout !== null && h('p', null, `at most ${item.timeout} s`),
    item.fs !== null && item.fs.length > 0 && [h('h3', null, 'Files'), tree(item.fs)],
    !standard && [h('h3', null, 'Preopens'), item.preopens.length
      ? h('ul', { class: 'preopens' }, item.preopens.map((preopen) => h('li', null,
        h('code', null, clip(preopen.guest)), ' is ', h('code', null, preopen.host === '.' ? 'the whole tree' : clip(preopen.host)), preopen.read_only && ', read-only')))
      : h('p', { class: 'empty' }, 'none')],
    standard && item.fs?.length > 0 && h('p', { class: 'small' }, 'The guest has this tree as ', h('code', null, '/data'), '.'),
  ];
}

/** A word of a shell as it must be typed. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function reproduce(item) {
  const broken = model.shown.filter((runtime) => BREAKS.includes(verdict(runtime, item)) || verdict(runtime, item) === 'e').map((runtime) => runtime.name);
  const line = (rest) => {
    const text = `cargo run --release -- ${rest}`;
    return h('div', { class: 'command' }, h('code', null, text), copyButton(text, 'the command'));
  };
  if (!model.own) return [line(`run --wasi-testsuite DIR --filter ${quoted(item.id)}`), line(`explain ${quoted(item.id)}`)];
  const on = broken.length ? ` --runtime ${quoted(broken.join(','))}` : '';
  return [
    line(`run${on} --filter ${quoted(item.id)}`),
    line(`explain ${quoted(item.id)}`),
    h('p', { class: 'small' }, 'The case is at ', h('code', null, item.source), '.'),
  ];
}

function guestSources(item) {
  const places = item.guest_sources.map((place) => {
    const [file, line] = place.split(/:(\d+)$/);
    return { file, line: line ? Number(line) : null, text: model.sources[file] };
  });
  return places.map(({ file, line, text }) => {
    if (text === undefined) return h('p', null, h('code', null, line ? `${file}:${line}` : file));
    const lines = linesOf(text);
    const [from, to] = line === null ? [0, lines.length] : functionAt(lines, line - 1);
    const rows = lines.slice(from, to).map((content, i) => h('li', null, h('code', null, clip(content) || ' ')));
    return h('details', { class: 'source', open: line !== null && places.length <= 2 },
      h('summary', null, h('code', null, line ? `${file}:${line}` : file), h('span', { class: 'n' }, ` ${count(to - from, 'line')}`)),
      h('div', { class: 'text', tabindex: 0, role: 'group', 'aria-label': `Source of ${file}` }, h('ol', { class: 'lines numbered', start: from + 1, '--from': from }, rows)));
  });
}

/** From the comment above a function to its closing brace, which has the same indent. */
function functionAt(lines, at) {
  let from = at;
  while (from > 0 && /^\s*(\/\/|#\[|\*|\/\*)/.test(lines[from - 1])) from -= 1;
  const indent = lines[at].match(/^\s*/)[0];
  let to = at + 1;
  if (!/[;}]\s*$/.test(lines[at])) {
    while (to < lines.length && !(lines[to].startsWith(`${indent}}`))) to += 1;
    to += 1;
  }
  return [from, Math.min(to, lines.length)];
}
