/**
 * The runner of @bjorn3/browser_wasi_shim in a headless Chromium. Its argument is the folder that
 * the shim is in. One browser runs all guests, in a worker (`shim-worker.mjs`) of one page.
 *
 * The worker asks for what it needs, one thing after the other, and waits for the answer each time.
 * So this side may wait as well, for the next request or for the end of a guest's stdin.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeAll, greet, openStreams, requests, send, writeWhole } from './serve.mjs';
import { MISSING_CAPABILITIES } from './shim.mjs';
import * as host from './shim-host.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const FLAGS = [
  '--headless',
  // It shows one page, which is ours; and where it is root or in a container, its sandbox may fail.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];
const PAGE = `<!doctype html><script>
  const worker = new Worker('worker/shim-worker.mjs', { type: 'module' });
  worker.onerror = (event) =>
    fetch('failed', { method: 'POST', body: event.message ?? 'it did not load' });
</script>`;

const { folder, version } = host.find(process.argv[2]);

/** The request that is being answered, and what belongs to it. */
let current;

/** What the worker asks for, and the answers: bytes, or values for JSON. */
const answers = {
  hello({ chromium }) {
    const details = `in Chromium ${chromium}`;
    greet({ runtime: 'browser_wasi_shim', version, details, missing_capabilities: MISSING_CAPABILITIES });
  },
  next() {
    const { value, done } = requests.next();
    if (done) process.exit();
    current = value;
    const { sha256, args, env, globals } = current.run;
    return { sha256, args, env, globals };
  },
  wasm() {
    return readFileSync(current.run.wasm);
  },
  /** Its stdin ends only after it was said to have started. */
  start() {
    current.streams = openStreams(current.run.stdio);
    send({ event: 'started', id: current.id });
    current.tree = host.readTree(current.run.preopens);
    return { stdin: readFileSync(current.streams[0], 'base64'), tree: current.tree };
  },
  stdout(bytes) {
    writeWhole(current.streams[1], bytes);
  },
  stderr(bytes) {
    writeWhole(current.streams[2], bytes);
  },
  done({ tree, ...done }) {
    if (tree) host.writeTree(current.run.preopens, current.tree, tree);
    closeAll(current.streams ?? []);
    send({ event: 'done', id: current.id, ...done });
  },
  failed(message) {
    failed(`the worker failed: ${message}`);
  },
};

function serveFile(path) {
  const [place, name] = path.split('/');
  const folders = { worker: dirname(fileURLToPath(import.meta.url)), shim: folder };
  return folders[place] && /^[\w-]+\.m?js$/.test(name) && readFileSync(join(folders[place], name));
}

/** Paths begin with a word that only our page knows. */
const secret = randomUUID();

const server = createServer(async (request, response) => {
  const path = request.url.startsWith(`/${secret}/`) && request.url.slice(secret.length + 2);
  if (path === false) return response.writeHead(404).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const isJson = request.headers['content-type'] === 'application/json';
  if (path === '') return response.setHeader('content-type', 'text/html').end(PAGE);
  if (!Object.hasOwn(answers, path)) {
    const text = serveFile(path);
    if (!text) return response.writeHead(404).end();
    return response.setHeader('content-type', 'text/javascript').end(text);
  }
  const answer = answers[path](isJson ? JSON.parse(body) : body);
  response.end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer ?? null));
});

server.listen(0, '127.0.0.1', () => {
  // What stays in there is removed with the rest of the run: nobody tells this process of its end.
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const address = `http://127.0.0.1:${server.address().port}/${secret}/`;
  const args = [...FLAGS, `--user-data-dir=${profile}`, address];
  const browser = spawn(findBrowser(), args, { stdio: ['ignore', 'ignore', 'inherit'] });
  browser.on('error', (error) => failed(error.message));
  browser.on('exit', (code, signal) => failed(`Chromium ended (${code ?? signal})`));
});

function findBrowser() {
  for (const folder of process.env.PATH.split(delimiter)) {
    for (const name of BROWSERS) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // The next one, then.
      }
    }
  }
  failed(`there is no browser on PATH (${BROWSERS.join(', ')}): install Chromium`);
}

function failed(message) {
  console.error(message);
  process.exit(1);
}
