/** One guest of `jco.mjs`, with the process's own descriptors 0 to 2. */
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [got, job] = process.argv.slice(2);
const { folder, args, env, preopens } = JSON.parse(job);
const resolve = createRequire(join(got, 'package.json')).resolve;
const load = (name) => import(pathToFileURL(resolve(name)));

const { WASIShim } = await load('@bytecodealliance/preview2-shim/instantiation');
const shim = await load('@bytecodealliance/preview2-shim');
shim.cli._setArgs(args);
shim.cli._setEnv(Object.fromEntries(env));
// By itself the shim says the folder that the process is in, which no guest can see.
shim.cli._setCwd(undefined);
// What `jco run` would say of the pipes: that they are no terminals.
shim.cli._setTerminalStdin(undefined);
shim.cli._setTerminalStdout(undefined);
shim.cli._setTerminalStderr(undefined);
shim.filesystem._setPreopens(Object.fromEntries(preopens.map((p) => [p.guest, p.host])));

const trapped = (error) =>
  writeSync(3, JSON.stringify({ kind: 'trap', message: String(error?.message ?? error) }));
// Where a stream's call must trap, the shim calls console.trace, and ends the process. A guest
// cannot get there otherwise, and a stack of this machine's paths is nothing that it wrote.
console.trace = trapped;

const { instantiate } = await import(pathToFileURL(join(folder, 'guest.js')));
const core = (name) => WebAssembly.compile(readFileSync(join(folder, name)));
let trap;
try {
  const guest = await instantiate(core, new WASIShim().getImportObject());
  guest.run.run();
  process.exit(0);
} catch (error) {
  trap = error;
}
// The error of `run`, which has no value, comes as an exception with that as its payload.
const failed = trap === undefined || (trap instanceof Error && 'payload' in trap);
if (!failed) trapped(trap);
process.exit(1);
