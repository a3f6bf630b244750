/** Trees reach the shim and come back unchanged. Run with `node --test`. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readTree, writeTree } from './shim-host.mjs';

let root;
const at = (path) => join(root, path);
const inode = (path) => fs.statSync(at(path)).ino;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'shim-host-'));
  fs.mkdirSync(at('box/sub'), { recursive: true });
  fs.writeFileSync(at('box/a.txt'), 'hello');
  fs.linkSync(at('box/a.txt'), at('box/sub/again'));
  fs.writeFileSync(at('outside'), 'ours');
});

afterEach(() => fs.rmSync(root, { recursive: true }));

function preopens(...pairs) {
  return pairs.map(([guest, host]) => ({ guest, host: at(host) }));
}

test('a file with two names is one node, and so is a directory in two preopens', () => {
  const { nodes, preopens: given } = readTree(preopens(['/all', 'box'], ['/sub', 'box/sub']));
  assert.equal(nodes.length, 3);
  const [all, sub] = given.map(({ node }) => nodes[node]);
  assert.equal(nodes[all.names.sub], sub);
  assert.equal(all.names['a.txt'], sub.names.again);
});

test('an unchanged tree is not written', () => {
  const given = preopens(['/', 'box']);
  const before = readTree(given);
  const file = inode('box/a.txt');
  writeTree(given, before, structuredClone(before));
  assert.equal(inode('box/a.txt'), file);
});

test('a changed tree is written with its links', () => {
  const given = preopens(['/all', 'box'], ['/sub', 'box/sub']);
  const before = readTree(given);
  const after = structuredClone(before);
  const { names } = after.nodes[after.preopens[0].node];
  names.moved = names['a.txt'];
  delete names['a.txt'];
  after.nodes[names.moved].data = btoa('HELLO');
  names.empty = after.nodes.push({ names: {} }) - 1;
  writeTree(given, before, after);
  assert.deepEqual(fs.readdirSync(at('box')).sort(), ['empty', 'moved', 'sub']);
  assert.equal(fs.readFileSync(at('box/sub/again'), 'utf8'), 'HELLO');
  assert.equal(inode('box/moved'), inode('box/sub/again'));
  assert.equal(fs.readFileSync(at('outside'), 'utf8'), 'ours');
});

test('a name that no file system allows is left out', () => {
  const given = preopens(['/', 'box']);
  const before = readTree(given);
  const after = structuredClone(before);
  const long = 'x'.repeat(256);
  after.nodes[after.preopens[0].node].names[long] = after.nodes.push({ data: '' }) - 1;
  writeTree(given, before, after);
  assert.deepEqual(fs.readdirSync(at('box')).sort(), ['a.txt', 'sub']);
});

test('a file type that the shim lacks is refused', () => {
  fs.symlinkSync('a.txt', at('box/link'));
  assert.throws(() => readTree(preopens(['/', 'box'])), /nothing like/);
});
