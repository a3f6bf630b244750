// Elements, whose text is only ever text: nothing on this page parses markup.

const SVG = 'http://www.w3.org/2000/svg';

/** Sets what an element has: a handler (`onclick`), a property of its style (`--n`), an attribute. */
function equip(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) element.style.setProperty(name, value);
    else if (name === 'href' || typeof value !== 'string') element.setAttribute(name, value === true ? '' : value);
    else element.setAttribute(name, visible(value));
  }
  return element;
}

/** What is appended: no text has characters that cannot be seen. */
function seen(children) {
  const present = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return present.map((child) => (typeof child === 'string' ? visible(child) : child));
}

/** `h('a', { href }, 'text', element, [more])`; what is null or false is left out. */
function h(tag, attributes, ...children) {
  const element = equip(document.createElement(tag), attributes);
  element.append(...seen(children));
  return element;
}

/** The same for a drawing. */
function svg(tag, attributes, ...children) {
  const element = equip(document.createElementNS(SVG, tag), attributes);
  element.append(...seen(children));
  return element;
}

/** Characters that could hide or reorder the text around them: those of `support/escape` in the program. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]|[\udb40-\udb43][\udc00-\udfff]/g;

/** A text in which every character can be seen, each still as many units long, as marks count units. */
function visible(text) {
  return text.replace(UNSEEN, (found) => {
    const code = found.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd'.repeat(found.length);
  });
}

/** A sentence, with the text between backquotes as code. */
function prose(text) {
  return visible(text).split(/`([^`]+)`/).map((part, i) => (i % 2 ? h('code', null, part) : part));
}

/** A link to elsewhere, if it is one to the web; whatever else it is stays a text. */
function outside(address, ...children) {
  if (!/^https?:\/\//.test(address)) return h('span', null, ...(children.length ? children : [address]));
  return h('a', { href: address, rel: 'noopener noreferrer', class: 'outside' }, ...(children.length ? children : [address]));
}

/** A link's address as people know it: `github.com/wasmerio/wasmer/issues/5575`. */
function short(address) {
  return address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/blob\/([^/]{6,})\//, (all, at) => (at.length > 20 ? '/blob/…/' : all));
}

/** A button that copies a text, and says that it has. */
function copyButton(text, what) {
  const button = h('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${what}` }, 'Copy');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied ✓';
      say(`Copied ${what}`);
    } catch {
      button.textContent = 'Select and copy';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  return button;
}

/** Tells those who do not see the page what has changed. */
function say(text) {
  document.getElementById('said').textContent = text;
}

/** Adds entries to a list as they come into sight, so that long lists cost nothing at first. */
function lazyList(list, entries, make, chunk = 80) {
  let shown = 0;
  const more = h('div', { class: 'more', 'aria-hidden': 'true' });
  const extend = () => {
    const until = Math.min(shown + chunk, entries.length);
    const part = document.createDocumentFragment();
    for (; shown < until; shown += 1) part.append(make(entries[shown], shown));
    list.append(part);
    if (shown === entries.length) {
      watcher.disconnect();
      more.remove();
    }
  };
  const watcher = new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) {
      extend();
      // Still in sight after a short chunk: look again.
      watcher.unobserve(more);
      if (shown < entries.length) watcher.observe(more);
    }
  }, { rootMargin: '800px' });
  extend();
  if (shown < entries.length) watcher.observe(more);
  return {
    more,
    /** Makes sure that an entry is there. */
    reach(i) { while (shown <= i && shown < entries.length) extend(); },
  };
}
