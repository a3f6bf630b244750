/**
 * Runs guests on @bjorn3/browser_wasi_shim, in a worker of a page that `shim-chromium.mjs` serves.
 *
 * Its requests to that runner are synchronous, because a guest's calls must wait for their results.
 */
import * as shim from '../shim/index.js';
import { compile, failure, run, since } from './guest.mjs';
import { ShimGuest } from './shim.mjs';

const modules = new Map();

function ask(what, body, type = 'json') {
  const request = new XMLHttpRequest();
  request.open('POST', `../${what}`, false);
  request.responseType = type;
  const isBytes = body instanceof Uint8Array;
  if (!isBytes) request.setRequestHeader('content-type', 'application/json');
  request.send(isBytes ? body : JSON.stringify(body ?? null));
  if (request.status !== 200) throw new Error(`${what}: ${request.status}`);
  return request.response;
}

function answer({ sha256, args, env, globals }) {
  const begin = performance.now();
  let compile_us;
  try {
    if (!modules.has(sha256)) modules.set(sha256, compile(ask('wasm', null, 'arraybuffer')));
    compile_us = since(begin);
  } catch (error) {
    return { outcome: failure(error), compile_us: since(begin), execute_us: 0 };
  }
  const write = (fd, bytes) => ask(fd === 1 ? 'stdout' : 'stderr', bytes);
  const guest = new ShimGuest(shim, { args, env, ...ask('start') }, write);
  const ran = run(guest, modules.get(sha256), globals);
  return { compile_us, ...ran, tree: guest.tree() };
}

const { fullVersionList } = await navigator.userAgentData.getHighEntropyValues(['fullVersionList']);
const { version } = fullVersionList.find(({ brand }) => brand === 'Chromium');
ask('hello', { chromium: version });
for (;;) ask('done', answer(ask('next')));
