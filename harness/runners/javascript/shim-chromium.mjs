/**
 * The runner of @bjorn3/browser_wasi_shim in a headless Chromium. Its argument is the directory
 * of the shim. One browser runs all guests, in a worker (`shim-worker.mjs`) of one page.
 *
 * The worker makes one request at a time and waits for the answer. So this side may wait as well,
 * for the next request or for the end of a guest's stdin.
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
  // It shows only our own page, and its sandbox may fail for root or in a container.
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

const { directory, version } = host.find(process.argv[2]);

/** The current request, and its state. */
let current;

/** The worker's requests, by name, and their answers: bytes, or values for JSON. */
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
  /** The guest's stdin ends only after `started` was sent. */
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
  const directories = { worker: dirname(fileURLToPath(import.meta.url)), shim: directory };
  const from = directories[place];
  return from && /^[\w-]+\.m?js$/.test(name) && readFileSync(join(from, name));
}

/** Paths begin with a token that only our page knows. */
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
  // It is removed with the files of the run, because this process is killed without notice.
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const address = `http://127.0.0.1:${server.address().port}/${secret}/`;
  const args = [...FLAGS, `--user-data-dir=${profile}`, address];
  const browser = spawn(findBrowser(), args, { stdio: ['ignore', 'ignore', 'inherit'] });
  browser.on('error', (error) => failed(error.message));
  browser.on('exit', (code, signal) => failed(`Chromium ended (${code ?? signal})`));
});

function findBrowser() {
  for (const directory of process.env.PATH.split(delimiter)) {
    for (const name of BROWSERS) {
      const path = join(directory, name);
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
