// Versions: how many cases are as expected at each, and what changed between them.

/** In the order in which people want to know. `compare` says the same words. */
const CHANGE_KINDS = {
  regressed: { sign: '↘', look: 'fail', says: 'as expected before, not now' },
  unjudged: { sign: '!', look: 'harness-error', says: 'ran before, a harness error now' },
  changed: { sign: '≠', look: 'known', says: 'not as expected before and now, and different' },
  fixed: { sign: '↗', look: 'pass', says: 'not as expected before, as expected now' },
  flaky: { sign: '≈', look: 'differs', says: 'different, in a case that was not always the same in A' },
  output: { sign: '~', look: 'skip', says: 'the same result with another output, which the case does not compare or also accepts' },
  redefined: { sign: '·', look: 'skip', says: 'different, but the case itself has changed' },
  added: { sign: '+', look: 'skip', says: 'ran only now' },
  removed: { sign: '−', look: 'skip', says: 'ran only before' },
};
/** Changes of the cases, which are only counted. */
const COUNTED = ['redefined', 'added', 'removed'];

/** How a case changed since the snapshot of a runtime: `[kind, snapshot]`, or null. */
function sinceSnapshot(runtime, item) {
  if (!model.since) {
    model.since = new Map(model.history.since.map((since) => [since.runtime, {
      snapshot: since.snapshot,
      kinds: new Map(Object.keys(since.changes.groups).flatMap((kind) => changed(since.changes, kind).map((id) => [id, kind]))),
    }]));
  }
  const since = model.since.get(runtime.name);
  const kind = since?.kinds.get(item.id);
  return kind ? [kind, since.snapshot] : null;
}

/** The cases that changed in a way. */
function changed(changes, kind) {
  return (changes.groups[kind] ?? []).flatMap((group) => group.cases);
}

/** Whether this is not as expected and not as in the snapshot. */
function isNew(runtime, item) {
  const kind = sinceSnapshot(runtime, item)?.[0];
  return ['regressed', 'unjudged', 'changed'].includes(kind) || (kind === 'added' && BREAKS.includes(verdict(runtime, item)));
}

function changeBadge(kind, n = null) {
  const { sign, look, says } = CHANGE_KINDS[kind];
  return h('span', { class: `badge v-${look}`, title: says }, h('span', { 'aria-hidden': 'true' }, sign), n === null ? ` ${kind}` : ` ${number(n)} ${kind}`);
}

function historyPage() {
  const { families } = model.history;
  const several = families.filter((family) => family.versions.length > 1);
  return h('div', { class: 'history' },
    h('h1', { tabindex: -1 }, 'Versions'),
    families.length === 0
      ? h('p', { class: 'notice' }, model.own ? 'This report has no snapshots, and its run has only a part of the cases, so there are no versions to show.' : 'Snapshots are of this project’s own cases; this run is of wasi-testsuite.')
      : h('p', { class: 'says' }, 'The share of cases of level must and should that are as expected at each version. Known divergences do not count as expected.'),
    h('div', { class: 'charts' }, several.map((family) => chart(family, several))),
    several.length < families.length && singles(families.filter((family) => !several.includes(family))),
    several.map(familyChanges));
}

/** Runtimes with one version. */
function singles(families) {
  const row = ({ name, versions: [version] }) => h('tr', null,
    h('th', { scope: 'row' }, name), h('td', null, version.version),
    h('td', null, h('b', null, percent(version.as_expected, version.all)), h('span', { class: 'n' }, ` ${number(version.as_expected)} of ${number(version.all)}`)),
    h('td', null, version.row === null ? 'snapshot' : 'this run'));
  return section('One version', null, h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Runtimes with one version' }, h('table', { class: 'plain-table' },
    h('thead', null, h('tr', null, ['runtime', 'version', 'as expected', 'from'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, families.map(row)))));
}

/** One runtime's versions as a line, on the scale that all charts share. */
function chart(family, all) {
  const shares = all.flatMap((other) => other.versions).filter((version) => version.all).map((version) => version.as_expected / version.all);
  const low = Math.max(0, Math.floor(Math.min(...shares) * 10) / 10 - 0.0001);
  const [width, height, left, right, top, bottom] = [300, 170, 38, 14, 22, 34];
  const { versions } = family;
  const x = (i) => left + 26 + (i * (width - left - right - 46)) / (versions.length - 1);
  const y = (share) => top + ((1 - share) * (height - top - bottom)) / (1 - low);
  const points = versions.map((version, i) => ({ version, i, share: version.all ? version.as_expected / version.all : null })).filter(({ share }) => share !== null);
  const said = points.map(({ version }) => `${version.version}: ${percent(version.as_expected, version.all)}`).join(', ');
  const step = (1 - low) / 2;
  // As many names of versions as there is room for, the newest among them.
  const every = Math.ceil(versions.length / 5);
  return h('figure', null,
    h('figcaption', null, h('b', null, family.name), h('span', { class: 'n' }, ` ${count(versions.length, 'version')}`)),
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${family.name}: ${said}` },
      [0, 1, 2].map((i) => {
        const at = y(1 - i * step);
        return [svg('line', { x1: left, x2: width - right, y1: at, y2: at, class: 'grid' }),
          svg('text', { x: left - 6, y: at + 4, class: 'axis', 'text-anchor': 'end' }, `${Math.round((1 - i * step) * 100)} %`)];
      }),
      svg('polyline', { class: 'line', points: points.map(({ i, share }) => `${x(i)},${y(share)}`).join(' ') }),
      points.map(({ version, i, share }) => svg('g', null,
        svg('title', null, `${family.name} ${version.version}: ${percent(version.as_expected, version.all)}, ${version.as_expected} of ${version.all}`),
        version.row === null
          ? svg('circle', { cx: x(i), cy: y(share), r: 4, class: 'point' })
          : svg('rect', { x: x(i) - 5, y: y(share) - 5, width: 10, height: 10, transform: `rotate(45 ${x(i)} ${y(share)})`, class: 'point here' }),
        (i === 0 || i === versions.length - 1 || versions.length < 6) && svg('text', { x: x(i), y: y(share) + (y(share) < top + 16 ? 20 : -10), class: 'value', 'text-anchor': 'middle' }, percent(version.as_expected, version.all).replace(' ', '\u202f')))),
      versions.map((version, i) => (versions.length - 1 - i) % every === 0
        && svg('text', { x: x(i), y: height - bottom + 18, class: 'axis', 'text-anchor': 'middle' }, version.version.length > 9 ? `${version.version.slice(0, 8)}…` : version.version))),
    points.some(({ version }) => version.row !== null) && h('p', { class: 'small' }, '◆ this run, ● a snapshot'));
}

function familyChanges(family) {
  const steps = family.versions.slice(1).map((version, i) => ({ version, before: family.versions[i] })).reverse();
  return h('section', null, h('h2', null, family.name), steps.map(({ version, before }) => {
    const { groups, notes } = version.changes;
    const kinds = Object.keys(CHANGE_KINDS).filter((kind) => groups[kind]);
    const counted = (kind) => changed(version.changes, kind).length;
    const listed = kinds.filter((kind) => !COUNTED.includes(kind));
    return h('div', { class: 'cause' },
      h('h3', null, before.version, notes.length > 0 && h('span', { class: 'n' }, ' A'), ' → ', version.version, notes.length > 0 && h('span', { class: 'n' }, ' B')),
      h('p', { class: 'count-badges' }, kinds.length ? kinds.map((kind) => changeBadge(kind, counted(kind))) : 'Nothing changed.'),
      notes.map((note) => h('p', { class: 'small' }, note)),
      listed.map((kind) => h('details', { open: counted(kind) <= 12 },
        h('summary', null, `${kind}: ${CHANGE_KINDS[kind].says}`, h('span', { class: 'n' }, ` ${number(counted(kind))}`)),
        groups[kind].map(changeGroup))));
  }));
}

/** Changes with one cause: its reason, or else what differs. */
function changeGroup({ reason, link, summary, cases }) {
  return h('div', { class: 'change-group' },
    h('p', null, reason === null ? ['No cause recorded', summary && [': ', h('code', null, summary)]] : prose(reason),
      link && [' ', outside(link, short(link))], h('span', { class: 'n' }, ` ${count(cases.length, 'case')}`)),
    h('ul', { class: 'ids' }, cases.map((id) => h('li', null, model.byId.has(id) ? h('a', { href: toCase(model.byId.get(id)) }, id) : id))));
}
