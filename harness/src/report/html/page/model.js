// The run, as the rest of the page asks for it.

/** Unpacks the data that the page contains. */
async function unpack() {
  const packed = atob(document.getElementById('data').textContent);
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json();
}

let model = null;

function makeModel(data) {
  const cases = data.cases.map((row, i) => {
    const [group, name] = row.id.includes('::') ? row.id.split(/::(.*)/s) : ['', row.id];
    return { ...row, i, group, name };
  });
  const runtimes = data.runtimes.map((entry, i) => makeRuntime(entry, i, data));
  const rules = new Map(data.rules.map((rule) => [rule.id, { ...rule, cases: [] }]));
  for (const item of cases) {
    for (const id of item.rules) rules.get(id)?.cases.push(item);
  }
  const shown = runtimes.filter((runtime) => runtime.ran);
  return {
    ...data,
    cases,
    runtimes,
    /** Those that have verdicts: the columns of every table. */
    shown,
    rules,
    byId: new Map(cases.map((item) => [item.id, item])),
    byName: new Map(runtimes.map((runtime) => [runtime.name, runtime])),
    groups: [...new Set(cases.map((item) => item.group))],
  };
}

function makeRuntime(entry, i, data) {
  const more = new Map(entry.details.map(([at, reasons, observation]) => [at, { reasons, observation }]));
  return {
    ...entry.row,
    i,
    letters: entry.verdicts,
    varies: new Map(entry.varies),
    /** Of cases that timed out and ran again, alone, whether they timed out again. */
    retried: new Map(entry.retried),
    timeouts: entry.timeouts,
    counts: countLetters(entry.verdicts),
    ran: /[^.]/.test(entry.verdicts),
    label: label(entry.row),
    reasons: (item) => (more.get(item.i)?.reasons ?? []).map((place) => data.reasons[place]),
    observation: (item) => data.observations[more.get(item.i)?.observation] ?? null,
    observationPlace: (item) => more.get(item.i)?.observation ?? null,
  };
}

/** `node@24` that is 24.1.0 is told by its whole version. */
function label(row) {
  const family = row.name.split('@')[0];
  return row.version ? `${family} ${row.version}` : row.name;
}

function countLetters(letters) {
  const counts = Object.fromEntries([...LETTERS, '.'].map((letter) => [letter, 0]));
  for (const letter of letters) counts[letter] += 1;
  return counts;
}

/** Counts of one runtime among some cases. */
function countsOf(runtime, cases) {
  const counts = countLetters('');
  for (const item of cases) counts[runtime.letters[item.i]] += 1;
  return counts;
}

function verdict(runtime, item) {
  return runtime.letters[item.i];
}

/** How many cases a runtime ran, and how many of them keep their rule. */
function answered(counts) {
  const kept = [...KEEPS].reduce((sum, letter) => sum + counts[letter], 0);
  const broken = [...BREAKS].reduce((sum, letter) => sum + counts[letter], 0);
  return { kept, all: kept + broken };
}

/** The share of binding cases of a basis that are as expected, as badges show it: known divergences are not. */
function conformance(runtime, basis) {
  return answered(countsOf(runtime, model.cases.filter((item) => item.level !== 'may' && item.basis === basis)));
}

/** The same as a line: what WASI says comes first, what it leaves to others is apart. */
function conformanceLine(runtime) {
  const shares = Object.keys(BASES).map((basis) => [basis, conformance(runtime, basis)]).filter(([, { all }]) => all > 0);
  const [, wasi] = shares.find(([basis]) => basis === 'wasi') ?? [];
  return h('p', { class: 'share', title: 'Of the cases of level must and should that ran; known divergences do not count as expected' },
    wasi && h('b', null, percent(wasi.kept, wasi.all)), wasi && ' as WASI says',
    shares.map(([basis, { kept, all }]) => [' · ', h('span', { title: BASES[basis] }, `${BASIS_NAMES[basis]} ${number(kept)} of ${number(all)}`)]));
}

/** What a runtime did, equal for two that did the same; null where it gave no answer. Output counts even where the case does not compare it. */
function behaviour(runtime, item) {
  const letter = verdict(runtime, item);
  if (!KEEPS.includes(letter) && !BREAKS.includes(letter)) return null;
  return runtime.observation(item)?.behaviour ?? (KEEPS.includes(letter) ? 'as expected' : letter);
}

/** Whether something outside the preopens was touched, or the case is about that. */
function isSandbox(item) {
  if (item.tags.includes('sandbox')) return true;
  return model.shown.some((runtime) => runtime.observation(item)?.parts.some(([part]) => part === 'canary'));
}

/** Whether a runtime has a bug here without a report upstream that we know of. */
function isFinding(runtime, item) {
  return runtime.reasons(item).some((reason) => reason.kind === 'bug' && !reason.reported);
}

/** Verdicts of a runtime by their cause, the most frequent first. */
function byReason(runtime, wanted) {
  const groups = new Map();
  for (const item of model.cases) {
    if (!wanted.includes(verdict(runtime, item))) continue;
    const reasons = runtime.reasons(item);
    // What nobody has explained is grouped by what differs.
    const differs = UNEXPLAINED.includes(verdict(runtime, item)) && !reasons[0]?.kind ? runtime.observation(item)?.summary ?? null : null;
    for (const reason of differs === null && reasons.length ? reasons : [null]) {
      const key = differs ?? reason;
      if (!groups.has(key)) groups.set(key, { reason, differs, cases: [] });
      groups.get(key).cases.push(item);
    }
  }
  return [...groups.values()].sort((a, b) => b.cases.length - a.cases.length || a.cases[0].i - b.cases[0].i);
}
