// What is shown is in the address, so that everything can be linked to.
//
//   #                                   the overview
//   #cases?area=fd&verdict=fail         cases, filtered
//   #path_open::trunc?runtime=node      a case; the filters are where it was found
//   #runtime/node                       a runtime
//   #rules, #findings, #history         the other pages

const NO_FILTER = { q: '', runtime: [], verdict: [], level: [], basis: [], area: [], group: '', ask: '' };

function readAddress(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const given = new URLSearchParams(query);
  const filter = structuredClone(NO_FILTER);
  for (const key of Object.keys(filter)) {
    const value = given.get(key);
    if (value) filter[key] = Array.isArray(filter[key]) ? value.split(',').filter(Boolean) : value;
  }
  let page = path;
  try {
    page = decodeURIComponent(path);
  } catch {
    // An invalid encoding is taken literally.
  }
  if (model.byId.has(page)) return { page: 'case', item: model.byId.get(page), filter };
  if (page.startsWith('runtime/')) return { page: 'runtime', runtime: page.slice('runtime/'.length), filter };
  return { page: page || 'overview', filter };
}

/** A filter as the end of an address; empty if it filters nothing. */
function writeFilter(filter) {
  const query = Object.entries(filter).filter(([, value]) => value.length);
  // Readable: only what would end a value is encoded.
  const encode = (text) => encodeURIComponent(text).replace(/%(3A|2C|40|2F)/g, decodeURIComponent);
  return query.length ? `?${query.map(([key, value]) => `${key}=${encode(String(value))}`).join('&')}` : '';
}

function toCases(filter) {
  return `#cases${writeFilter({ ...NO_FILTER, ...filter })}`;
}

function toCase(item, filter = NO_FILTER) {
  return `#${encodeURI(item.id)}${writeFilter(filter)}`;
}

function toRuntime(runtime) {
  return `#runtime/${encodeURIComponent(runtime.name).replaceAll('%40', '@')}`;
}
