// Which cases are asked for.

/** Questions that people have, each a test of a case on the columns that are shown. */
const QUESTIONS = {
  unexpected: {
    title: 'Unexpected',
    says: 'verdicts that fail the run',
    test: (item, columns) => columns.some((runtime) => UNEXPECTED.includes(verdict(runtime, item))),
  },
  disagree: {
    title: 'Runtimes disagree',
    says: 'the exit, the output or the files differ, whether the case compares them or not',
    needs: () => model.shown.length > 1,
    test: (item, columns) => new Set(columns.map((runtime) => behaviour(runtime, item)).filter((what) => what !== null)).size > 1,
  },
  everywhere: {
    title: 'No runtime passes',
    says: 'every runtime that ran the case breaks the rule',
    needs: () => model.shown.length > 1,
    test: (item, columns) => {
      const seen = columns.map((runtime) => verdict(runtime, item));
      return seen.some((letter) => BREAKS.includes(letter)) && !seen.some((letter) => KEEPS.includes(letter));
    },
  },
  sandbox: {
    title: 'Sandbox',
    says: 'advisories, escapes, and everything that a guest must not reach',
    test: (item) => isSandbox(item),
  },
  findings: {
    title: 'Findings',
    says: 'causes of bugs without a report upstream that we know of',
    cases: 'Cases with findings',
    count: () => model.findings.length,
    test: (item, columns) => columns.some((runtime) => isFinding(runtime, item)),
  },
  new: {
    title: 'New since the snapshot',
    says: 'not as expected, and different from the snapshot',
    needs: () => model.history.since.length > 0,
    test: (item, columns) => columns.some((runtime) => isNew(runtime, item)),
  },
  fixed: {
    title: 'Fixed since the snapshot',
    says: 'not as expected in the snapshot, as expected now',
    needs: () => model.history.since.length > 0,
    test: (item, columns) => columns.some((runtime) => sinceSnapshot(runtime, item)?.[0] === 'fixed'),
  },
  varies: {
    title: 'Flaky',
    says: 'repeated, with different results',
    needs: () => model.shown.some((runtime) => runtime.repeats > 1),
    test: (item, columns) => columns.some((runtime) => runtime.varies.has(item.i)),
  },
  retried: {
    title: 'Timed out',
    says: 'and ran again alone; the verdict is of that run',
    needs: () => model.shown.some((runtime) => runtime.retried.size > 0),
    test: (item, columns) => columns.some((runtime) => runtime.retried.has(item.i)),
  },
};

/** The rows of each code base by its name: versions of a runtime, and ways to embed it, share their divergences. In a run of one code base, each row counts as one. */
function codeBases() {
  if (!model.codeBases) {
    const bases = new Map();
    for (const runtime of model.shown) {
      if (!bases.has(runtime.divergences_of)) bases.set(runtime.divergences_of, []);
      bases.get(runtime.divergences_of).push(runtime);
    }
    model.codeBases = bases.size > 1 ? bases : new Map(model.shown.map((runtime) => [runtime.name, [runtime]]));
  }
  return model.codeBases;
}

/** The name of the code base that a row belongs to. */
function codeBaseOf(runtime) {
  return codeBases().has(runtime.divergences_of) ? runtime.divergences_of : runtime.name;
}

/** "Fails only in X": a row of X breaks the rule, and all other rows that ran the case keep it. */
function failsOnlyIn(name) {
  const rows = codeBases().get(name);
  const others = model.shown.filter((runtime) => !rows.includes(runtime));
  return {
    title: `Fails only in ${name}`,
    says: rows.length > 1 ? rows.map((runtime) => runtime.name).join(', ') : '',
    test: (item) => {
      if (!rows.some((runtime) => BREAKS.includes(verdict(runtime, item)))) return false;
      const letters = others.map((other) => verdict(other, item));
      return letters.some((letter) => KEEPS.includes(letter)) && !letters.some((letter) => BREAKS.includes(letter));
    },
  };
}

function questionOf(name) {
  if (name.startsWith('only:')) {
    const base = name.slice('only:'.length);
    return codeBases().has(base) ? failsOnlyIn(base) : undefined;
  }
  return Object.hasOwn(QUESTIONS, name) ? QUESTIONS[name] : undefined;
}

/** All questions that this run can answer, by their names in addresses. */
function allQuestions() {
  const only = model.shown.length > 1 ? [...codeBases().keys()].map((name) => [`only:${name}`, failsOnlyIn(name)]) : [];
  const fit = Object.entries(QUESTIONS).filter(([, question]) => !question.needs || question.needs());
  return [...fit, ...only];
}

/** The runtimes whose columns are shown. */
function columnsOf(filter) {
  const chosen = model.shown.filter((runtime) => filter.runtime.includes(runtime.name));
  return chosen.length ? chosen : model.shown;
}

/** What a search looks into, made when it is first needed. */
function searchable(item) {
  item.text ??= [item.id, item.title, item.guest, ...item.rules, ...item.args.slice(0, 50)].join('\n').toLowerCase();
  return item.text;
}

/** The tests of a filter by the part that they belong to. */
function testsOf(filter) {
  const columns = columnsOf(filter);
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const letters = LETTERS.filter((letter) => filter.verdict.includes(VERDICTS[letter].word));
  const question = questionOf(filter.ask);
  return {
    q: (item) => words.every((word) => searchable(item).includes(word)),
    verdict: (item) => !letters.length || columns.some((runtime) => letters.includes(verdict(runtime, item))),
    level: (item) => !filter.level.length || filter.level.includes(item.level),
    basis: (item) => !filter.basis.length || filter.basis.includes(item.basis),
    area: (item) => !filter.area.length || filter.area.includes(item.area),
    group: (item) => !filter.group || item.group === filter.group,
    ask: (item) => !question || question.test(item, columns),
    // A case that a run did not ask these runtimes for is none of theirs.
    runtime: (item) => columns.some((runtime) => verdict(runtime, item) !== '.'),
  };
}

function apply(filter) {
  const tests = Object.values(testsOf(filter));
  return model.cases.filter((item) => tests.every((test) => test(item)));
}

/** For each value of a part of the filter how many cases there would be with only that chosen. */
function facetCounts(filter, part, valuesOf) {
  const { [part]: _, ...others } = testsOf(filter);
  const tests = Object.values(others);
  const counts = new Map();
  for (const item of model.cases) {
    if (!tests.every((test) => test(item))) continue;
    for (const value of new Set(valuesOf(item))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** A filter with a value of a part chosen, or no longer. */
function toggled(filter, part, value) {
  if (!Array.isArray(filter[part])) return { ...filter, [part]: filter[part] === value ? '' : value };
  const without = filter[part].filter((chosen) => chosen !== value);
  return { ...filter, [part]: without.length < filter[part].length ? without : [...without, value] };
}
