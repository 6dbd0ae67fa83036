/** What an upgrade goes back to: the databases as they were, whatever the new version did to them. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MARK } from '../state-format.ts';
import { forgetSaved, putBack, readBegun, savedFolder, saveState } from './saved-state.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-saved-state-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const at = (path: string) => join(state, path);
async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text, { mode: 0o600 });
  }
}
const read = (path: string) => readFile(at(path), 'utf8');

const BEGUN = { commit: 'a'.repeat(40), branch: 'main', version: '1.0.0', ran: true };
const BLOB = 'edge/r2/bucket/blobs/1111';
const DATABASE = 'edge/do/-PoolObject/a.sqlite';
const SITE = 'servers/appflux-servers-ServerStateObject/b.sqlite';
const RUNNER = 'runners/local-1/runner.json';

const BEFORE = {
  [BLOB]: 'the bytes of an object',
  [DATABASE]: 'old rows',
  [`${DATABASE}-wal`]: 'old frames',
  [SITE]: 'old rows of a site',
  'secrets.json': 'secrets',
  [RUNNER]: 'old registration',
  'runners/local-1/cache/large': 'rebuilt',
  'logs/edge.log': 'old lines',
};

test('a state is put back whole, without what came later, and logs stay', async () => {
  await write(BEFORE);
  await saveState(state, BEGUN);
  await write({
    [DATABASE]: 'new rows',
    [SITE]: 'new rows of a site',
    'servers/appflux-servers-ServerStateObject/c.sqlite': 'of a new site',
    'edge/do/-NewObject/b.sqlite': 'of a newer version',
    'edge/r2/bucket/blobs/2222': 'a new object',
    [MARK]: '{"format":2}',
    [RUNNER]: 'new registration',
    'logs/edge.log': 'why it failed',
  });
  await rm(at(`${DATABASE}-wal`));
  await rm(at(BLOB));
  await putBack(state);
  for (const path of [BLOB, DATABASE, `${DATABASE}-wal`, SITE, 'secrets.json', RUNNER] as const)
    expect(await read(path)).toBe(BEFORE[path]);
  const later = ['edge/do/-NewObject/b.sqlite', 'edge/r2/bucket/blobs/2222', SITE.replace('/b.', '/c.')];
  for (const path of [...later, MARK, 'upgrade']) expect(existsSync(at(path)), path).toBe(false);
  expect(await read('logs/edge.log')).toBe('why it failed');
  expect((await stat(at(DATABASE))).mode & 0o777).toBe(0o600);
});

test('a file is put back whole: nobody ever reads a part of it', async () => {
  await write(BEFORE);
  await saveState(state, BEGUN);
  await write({ 'secrets.json': 'secrets of a newer version' });
  await using opened = await open(at('secrets.json'));
  await putBack(state);
  expect(await opened.readFile('utf8')).toBe('secrets of a newer version');
  expect(await read('secrets.json')).toBe(BEFORE['secrets.json']);
  expect((await readdir(state)).sort()).toEqual(['edge', 'logs', 'runners', 'secrets.json', 'servers']);
});

test('objects are linked, databases are copied, and what builds cache is left out', async () => {
  await write(BEFORE);
  await saveState(state, BEGUN);
  const inode = async (path: string) => (await stat(path)).ino;
  const saved = (path: string) => join(savedFolder(state), path);
  expect(await inode(saved(BLOB))).toBe(await inode(at(BLOB)));
  expect(await inode(saved(DATABASE))).not.toBe(await inode(at(DATABASE)));
  expect(existsSync(saved('runners/local-1/cache'))).toBe(false);
  await forgetSaved(state);
  expect(await read(BLOB)).toBe(BEFORE[BLOB]);
  expect(existsSync(savedFolder(state))).toBe(false);
});

test('a copy that broke off before an upgrade is replaced', async () => {
  await write({ ...BEFORE, 'upgrade/before/edge/stale': 'of another time' });
  await saveState(state, BEGUN);
  await putBack(state);
  expect(existsSync(at('edge/stale'))).toBe(false);
});

test('what servers of sites store is left out of nothing, also where there was none before', async () => {
  const { [SITE]: _, ...without } = BEFORE;
  await write(without);
  await saveState(state, BEGUN);
  await write({ [SITE]: 'of a newer version' });
  await putBack(state);
  expect(existsSync(at(SITE))).toBe(false);
});

test('putting back goes on where it broke off', async () => {
  await write(BEFORE);
  await saveState(state, BEGUN);
  expect(await readBegun(state)).toEqual(BEGUN);
  await write({ [DATABASE]: 'new rows', [MARK]: '{"format":2}' });
  // The databases were in their place, and the files were not.
  await rename(at('edge'), at('upgrade/failed'));
  await rename(join(savedFolder(state), 'edge'), at('edge'));
  await rm(at('servers'), { recursive: true });
  await rename(join(savedFolder(state), 'servers'), at('servers'));
  await putBack(state);
  expect(await read(DATABASE)).toBe(BEFORE[DATABASE]);
  expect(await read(SITE)).toBe(BEFORE[SITE]);
  expect(existsSync(at(MARK))).toBe(false);
  expect(await readBegun(state)).toBeNull();
});
