import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../../command.ts';
import { keepSecrets, makeSecrets, writeSecrets } from '../../state.ts';
import { FORMAT, MARK, openState, readMark } from '../../state-format.ts';
import type { Manifest } from '../format/manifest.ts';
import { Repository } from '../format/repository.ts';
import { type Made, makeBackup } from '../make.ts';
import { restore } from '../restore.ts';
import { readStatus } from '../status.ts';
import { openStore } from '../store/open.ts';
import { Stage } from './stage.ts';

const OWN = await generateX25519Identity();
const UNLOCK = { identities: [OWN] };

let folder: string;
let state: string;
let number = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-local-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const blobs = () => join(state, 'edge', 'r2', 'bucket', 'blobs');
const objectList = () => join(state, 'edge', 'r2', 'miniflare-R2BucketObject', `${'a'.repeat(64)}.sqlite`);
const siteDatabase = () =>
  join(state, 'servers', 'appflux-servers-ServerStateObject', `${'b'.repeat(64)}.sqlite`);
const database = () => join(state, 'edge', 'do', '-DeploymentObject', `${'b'.repeat(64)}.sqlite`);

/** Runs SQL and leaves what it wrote in the WAL, as a process that is killed does. */
async function written(path: string, sql: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const aside = `${path}.aside`;
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) await writeFile(aside + suffix, await readFile(path + suffix));
  }
  const open = new DatabaseSync(aside);
  open.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;');
  open.exec(sql);
  for (const suffix of ['', '-wal']) await writeFile(path + suffix, await readFile(aside + suffix));
  open.close();
  for (const suffix of ['', '-wal', '-shm']) await rm(aside + suffix, { force: true });
}

const addObject = (blob: string, key: string) =>
  written(objectList(), `INSERT INTO _mf_objects (key, blob_id) VALUES ('${key}', '${blob}')`);

/** A state folder as workerd leaves it, as far as a backup looks at it. */
beforeEach(async () => {
  number += 1;
  state = join(folder, `state-${number}`);
  await mkdir(blobs(), { recursive: true });
  await writeSecrets(state, makeSecrets());
  await written(
    objectList(),
    `CREATE TABLE _mf_objects (key TEXT PRIMARY KEY, blob_id TEXT);
     CREATE TABLE _mf_multipart_parts (upload_id TEXT, part_number INTEGER, blob_id TEXT, object_key TEXT);`,
  );
  await written(database(), "CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('first')");
  await writeFile(join(blobs(), '1111'), 'the bytes of an object');
  await addObject('1111', 'apps/one');
  await mkdir(join(state, 'edge', 'cache'), { recursive: true });
  await writeFile(join(state, 'edge', 'cache', 'cached'), 'rebuilt');
});

const target = () => join(folder, `backup-${number}/`);

async function back(): Promise<Made> {
  return makeBackup({
    state,
    store: await openStore(target()),
    protection: { kind: 'recipients', recipients: [await identityToRecipient(OWN)] },
    unlock: {},
    description: async () => ({
      url: '',
      variables: {},
      environment: { APPFLUX_SLOTS: '2', MAIL_FROM: "it's me" },
    }),
  });
}

async function opened(): Promise<Repository> {
  return Repository.open(await openStore(target()), UNLOCK);
}

async function newest(): Promise<Manifest> {
  const repository = await opened();
  return repository.manifest((await repository.snapshots()).at(-1) ?? '');
}

const pathsOf = ({ files }: Manifest) => files.map(({ path }) => path.replace(/[ab]{64}/, 'ID')).sort();

describe('a backup', () => {
  test('has databases, objects, secrets and settings, and nothing else', async () => {
    await writeFile(join(state, 'edge', 'r2', 'bucket', 'blobs', '9999'), 'half an upload');
    await mkdir(join(state, 'bundle'));
    await writeFile(join(state, 'bundle', 'out'), 'rebuilt');
    expect(await back()).toMatchObject({ running: false, missing: [], pausedMs: 0 });
    expect(pathsOf(await newest())).toEqual([
      'edge/do/-DeploymentObject/ID.sqlite',
      'edge/r2/bucket/blobs/1111',
      'edge/r2/miniflare-R2BucketObject/ID.sqlite',
      'secrets.json',
      'settings.json',
    ]);
    expect(existsSync(join(state, 'backup-staging'))).toBe(false);
  });

  test('has what servers of sites store, and a damaged one of theirs spoils nothing else', async () => {
    await written(siteDatabase(), "CREATE TABLE visits (at TEXT); INSERT INTO visits VALUES ('today')");
    await mkdir(join(state, 'servers-tmp'));
    await writeFile(join(state, 'servers-tmp', 'workerd.capnp'), 'rebuilt');
    expect(await back()).toMatchObject({ missing: [] });
    const elsewhere = join(folder, `elsewhere-${number}`);
    await restore({ repository: await opened(), state: elsewhere });
    const copy = new DatabaseSync(siteDatabase().replace(state, elsewhere));
    expect(copy.prepare('SELECT at FROM visits').all()).toMatchObject([{ at: 'today' }]);
    copy.close();
    expect(existsSync(join(elsewhere, 'servers-tmp'))).toBe(false);

    const damaged = siteDatabase().replace('/bbbb', '/aaaa');
    await writeFile(damaged, 'no database at all, but as long as the header of one would be'.repeat(20));
    const { missing } = await back();
    expect(missing).toEqual([damaged.slice(state.length + 1)]);
    const again = join(folder, `again-${number}`);
    await restore({ repository: await opened(), state: again });
    expect(existsSync(siteDatabase().replace(state, again))).toBe(true);
    expect(existsSync(damaged.replace(state, again))).toBe(false);
  });

  test('has what was in a WAL, and leaves the instance’s own files alone', async () => {
    const looks = async () =>
      Promise.all(
        ['', '-wal'].map(async (suffix) => [
          (await stat(database() + suffix)).mtimeMs,
          await readFile(database() + suffix, 'base64'),
        ]),
      );
    const before = await looks();
    await back();
    expect(await looks()).toEqual(before);
    const elsewhere = join(folder, `elsewhere-${number}`);
    const { settings } = await restore({ repository: await opened(), state: elsewhere });
    const copy = new DatabaseSync(database().replace(state, elsewhere));
    expect(copy.prepare('SELECT text FROM note').all()).toMatchObject([{ text: 'first' }]);
    copy.close();
    expect(await keepSecrets(elsewhere)).toEqual(await keepSecrets(state));
    expect(settings).toEqual(['APPFLUX_SLOTS', 'MAIL_FROM']);
    expect(await readFile(join(elsewhere, 'settings.env'), 'utf8')).toBe(
      `APPFLUX_SLOTS='2'\nMAIL_FROM='it'"'"'s me'\n`,
    );
  });

  test('has the certificates and the account of the proxy, for the owner only, and not its configuration', async () => {
    const authority = 'acme-v02.example-directory';
    const host = join(state, 'proxy', 'certificates', authority, 'flux.example.com');
    const account = join(state, 'proxy', 'acme', authority, 'users', 'default');
    for (const [folder, name] of [
      [host, 'flux.example.com.crt'],
      [host, 'flux.example.com.key'],
      [account, 'default.key'],
      [join(state, 'proxy'), 'caddy.json'],
      [join(state, 'proxy', 'locks'), 'issue_cert_flux.example.com.lock'],
    ] as const) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), `the content of ${name}`, { mode: 0o600 });
    }
    await back();
    const elsewhere = join(folder, `proxy-${number}`);
    await restore({ repository: await opened(), state: elsewhere });
    for (const path of [join(host, 'flux.example.com.key'), join(account, 'default.key')]) {
      const restored = path.replace(state, elsewhere);
      expect(await readFile(restored, 'utf8')).toBe(await readFile(path, 'utf8'));
      expect((await stat(restored)).mode & 0o077).toBe(0);
    }
    expect((await readdir(join(elsewhere, 'proxy'))).sort()).toEqual(['acme', 'certificates']);
  });

  test('is small when little has changed, and has the change', async () => {
    await back();
    await written(database(), "INSERT INTO note VALUES ('second')");
    await writeFile(join(blobs(), '2222'), 'another object');
    await addObject('2222', 'apps/two');
    const { stored } = await back();
    expect(stored).toBeLessThan(6_000);
    expect(pathsOf(await newest())).toContain('edge/r2/bucket/blobs/2222');
    const elsewhere = join(folder, `changed-${number}`);
    await restore({ repository: await opened(), state: elsewhere });
    const copy = new DatabaseSync(database().replace(state, elsewhere));
    expect(copy.prepare('SELECT COUNT(*) AS n FROM note').all()).toMatchObject([{ n: 2 }]);
    copy.close();
    expect(await readFile(join(elsewhere, 'edge', 'r2', 'bucket', 'blobs', '1111'), 'utf8')).toBe(
      'the bytes of an object',
    );
  });

  test('names the objects that the instance has lost', async () => {
    await rm(join(blobs(), '1111'));
    expect(await back()).toMatchObject({ missing: ['apps/one'] });
    await restore({ repository: await opened(), state: join(folder, `missing-${number}`) });
  });

  test('is refused of a damaged database, and the last one stays the newest', async () => {
    const { id } = await back();
    await truncate(database(), 0);
    await rm(`${database()}-wal`);
    await writeFile(database(), Buffer.alloc(8_192, 3));
    await expect(back()).rejects.toMatchObject({
      code: 'backup_failed',
      message: expect.stringContaining('-DeploymentObject'),
    });
    expect((await newest()).id).toBe(id);
    expect((await readStatus(state)).last).toMatchObject({
      succeededAt: expect.any(String),
      error: expect.stringContaining('damaged'),
    });
  });

  test('is refused where there is no instance', async () => {
    state = join(folder, 'nothing');
    await mkdir(state);
    await expect(back()).rejects.toMatchObject({ code: 'arguments_invalid' });
  });
});

test('what changes after the copy ahead is copied again', async () => {
  const stage = new Stage(state, join(state, 'backup-staging'), () => null);
  stage.copyAhead();
  await written(database(), "INSERT INTO note VALUES ('late')");
  await writeFile(join(blobs(), '3333'), 'late');
  await rm(join(blobs(), '1111'));
  const files = stage.complete();
  const copied = new DatabaseSync(files.find(({ path }) => path.includes('Deployment'))?.from ?? '');
  expect(copied.prepare('SELECT text FROM note').all()).toMatchObject([{ text: 'first' }, { text: 'late' }]);
  copied.close();
  expect(files.filter(({ kind }) => kind === 'object').map(({ path }) => path)).toEqual([
    'edge/r2/bucket/blobs/3333',
  ]);
  stage.remove();
});

describe('a restore', () => {
  const into = () => join(folder, `into-${number}`);

  test('is refused where there is something, and changes nothing', async () => {
    await back();
    for (const name of ['secrets.json', 'edge', 'notes.txt']) {
      await rm(into(), { recursive: true, force: true });
      await mkdir(into());
      await writeFile(join(into(), name), 'mine');
      await expect(restore({ repository: await opened(), state: into() })).rejects.toMatchObject({
        code: 'restore_refused',
      });
      expect(await readFile(join(into(), name), 'utf8')).toBe('mine');
    }
  });

  test('keeps the mark of the version that wrote the state', async () => {
    (await openState(state, ROOT))();
    await back();
    await restore({ repository: await opened(), state: into() });
    expect(await readMark(into())).toEqual(await readMark(state));
  });

  test('of the state of a newer version is refused by name, and writes nothing', async () => {
    await writeFile(join(state, MARK), JSON.stringify({ format: FORMAT + 1, version: '9.1.0' }));
    const { id } = await back();
    await expect(restore({ repository: await opened(), state: into() })).rejects.toMatchObject({
      code: 'state_newer',
      message: expect.stringContaining(`${id} was written by AppFlux 9.1.0`),
    });
    expect(existsSync(into())).toBe(false);
  });

  test('of a damaged backup leaves nothing behind', async () => {
    await back();
    const repository = await opened();
    const [pack = ''] = await repository.packs();
    const path = join(target(), 'packs', `${pack}.age`);
    const bytes = await readFile(path);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(restore({ repository, state: into() })).rejects.toMatchObject({ code: 'backup_damaged' });
    for (const name of ['.restoring', 'secrets.json', 'edge'])
      expect(existsSync(join(into(), name))).toBe(false);
  });

  test('that broke off is no instance for a start, and is done again', async () => {
    await back();
    await mkdir(join(into(), '.restoring'), { recursive: true });
    await mkdir(join(into(), 'edge'));
    await expect(keepSecrets(into())).rejects.toMatchObject({ code: 'state_unusable' });
    await restore({ repository: await opened(), state: into() });
    expect(await keepSecrets(into())).toEqual(await keepSecrets(state));
  });

  test('takes the snapshot that is asked for', async () => {
    const { id } = await back();
    await written(database(), "INSERT INTO note VALUES ('second')");
    await back();
    const { manifest } = await restore({ repository: await opened(), state: into(), snapshot: id });
    expect(manifest.id).toBe(id);
    await expect(
      restore({ repository: await opened(), state: `${into()}-other`, snapshot: '20200101T000000Z-000000' }),
    ).rejects.toMatchObject({ code: 'arguments_invalid' });
  });
});
