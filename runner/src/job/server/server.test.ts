import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVER_LIMITS, SERVER_SITES, SITE_BASE } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { JobFailure } from '../../step-context.ts';
import { type Collecting, usePublishing } from '../site/testing/publishing.ts';

const now = usePublishing();
const OUTPUT = '.appflux-server';

const spec = {
  version: 1,
  framework: 'SvelteKit',
  main: 'server.js',
  compatibilityDate: '2026-11-01',
  compatibilityFlags: ['nodejs_compat'],
  assets: { workerFirst: false, notFound: 'none' },
  vars: { THEME: 'dark' },
  bindings: { SESSION: 'kv' },
  crons: ['0 3 * * *'],
};

const collect = (collecting: Collecting = {}) =>
  now().collect({ plan: { outputs: [OUTPUT], server: { kind: 'sveltekit', entry: null } }, ...collecting });
/** How collecting fails. */
const failureOf = (collecting?: Collecting) =>
  collect(collecting).then(
    () => 'it did not',
    ({ code, message, hint }: JobFailure) => ({ code, message, hint }),
  );

async function writePacked(files: Readonly<Record<string, string | Buffer>> = {}, changes = {}) {
  await now().write({
    [`${OUTPUT}/server.json`]: JSON.stringify({ ...spec, ...changes }),
    [`${OUTPUT}/modules/server.js`]: 'export default { fetch: () => new Response("hello") };',
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`${OUTPUT}/${path}`, text])),
  });
}

beforeEach(() => {
  now().sites.accepts = [SITE_BASE, SERVER_SITES];
});

describe('a packed server', () => {
  test('is published with its files, its modules and its source maps apart', async () => {
    await writePacked({
      'modules/chunks/a.wasm': 'wasm',
      'maps/server.js.map': '{"version":3}',
      'maps/nothing.js.map': '{"version":3}',
      'assets/_app/a.js': 'a',
      'assets/_app/a.js.map': 'the map of a file for browsers',
      'assets/_headers': '/_app/*\n  X-From: headers\n',
      'assets/.env': 'SECRET=1',
    });
    const published = await now().publish(await collect());
    expect(Object.keys(published).sort()).toEqual([
      '.appflux/maps/server.js.map',
      '.appflux/server/chunks/a.wasm',
      '.appflux/server/server.js',
      '_app/a.js',
    ]);
    const { manifest } = now().sites;
    expect(manifest?.server).toEqual(spec);
    expect(manifest?.rules).toMatchObject({ spaFallback: false, headers: [expect.anything()] });
    expect(now().lines).toContainEqual(expect.stringContaining('files with secrets (".env")'));
  });

  test('needs no files beside it', async () => {
    await writePacked({}, { bindings: {}, crons: [] });
    expect(Object.keys(await now().publish(await collect()))).toEqual(['.appflux/server/server.js']);
    expect(now().lines.join('')).not.toMatch(/Bindings|Crons/);
  });

  test.each(['* * * *', '61 * * * *', '0 0 30 2 *'])('with the cron %s is refused', async (cron) => {
    await writePacked({}, { crons: ['0 3 * * *', cron] });
    expect(await failureOf()).toMatchObject({
      code: 'settings_invalid',
      message: expect.stringContaining(`The server’s crons: "${cron}" `),
      hint: expect.stringContaining('five fields in UTC'),
    });
  });

  test('gets the bindings and crons of appflux.json', async () => {
    await writePacked();
    await now().publish(
      await collect({ server: { bindings: { DB: 'sqlite' }, crons: ['0 3 * * *', '*/5 * * * *'] } }),
    );
    expect(now().sites.manifest?.server).toMatchObject({
      bindings: { SESSION: 'kv', DB: 'sqlite' },
      crons: ['0 3 * * *', '*/5 * * * *'],
    });
    expect(now().lines).toContainEqual(expect.stringContaining('Bindings: SESSION (kv), DB (sqlite).'));
    expect(now().lines).toContainEqual(
      expect.stringContaining('Crons, in UTC and for production only: "0 3 * * *", "*/5 * * * *".'),
    );
  });

  test('is recognized by its name: a folder of a site may have the same files', async () => {
    await writePacked();
    await now().write({ 'dist/index.html': 'hello', 'dist/server.json': '{}', 'dist/modules/server.js': '' });
    const published = await now().publish(await now().collect());
    expect(Object.keys(published).sort()).toEqual(['index.html', 'modules/server.js', 'server.json']);
    expect(now().sites.manifest).not.toHaveProperty('server');
  });

  test('is no longer there in a later publication without one', async () => {
    await writePacked();
    await now().publish(await collect());
    await now().write({ 'dist/index.html': 'hello' });
    expect(Object.keys(await now().publish(await now().collect()))).toEqual(['index.html']);
    expect(now().sites.manifest).not.toHaveProperty('server');
  });

  test('is refused where the instance runs none', async () => {
    now().sites.accepts = [SITE_BASE];
    await writePacked();
    expect(await failureOf()).toMatchObject({
      code: 'settings_invalid',
      message: 'This instance runs no servers of sites',
    });
  });
});

describe('what no packager writes', () => {
  test.each([
    ['no server.json', null, '".appflux-server/server.json" can’t be used'],
    ['no JSON', '{', '".appflux-server/server.json" can’t be used'],
    ['another version', JSON.stringify({ ...spec, version: 2 }), 'version: '],
    ['an unknown member', JSON.stringify({ ...spec, secret: 1 }), 'secret'],
    [
      'a binding of AppFlux',
      JSON.stringify({ ...spec, bindings: { APPFLUX_X: 'kv' } }),
      'bindings.APPFLUX_X: ',
    ],
    ['more than 1 MiB', JSON.stringify({ ...spec, vars: { A: 'a'.repeat(1024 * 1024) } }), 'can’t be used'],
  ])('is refused: %s', async (_, text, message) => {
    await writePacked();
    const path = join(now().root, OUTPUT, 'server.json');
    if (text === null) await rm(path);
    else await writeFile(path, text);
    expect(await failureOf()).toMatchObject({
      code: 'artifact_invalid',
      message: expect.stringContaining(message),
    });
  });

  test('is refused: a main module that is missing', async () => {
    await writePacked({}, { main: '../server.json' });
    expect(await failureOf()).toMatchObject({
      code: 'artifact_invalid',
      message: 'The main module "../server.json" is not in ".appflux-server/modules".',
    });
  });

  test.each([
    ['a module', 'modules/a.js', '../../package.json'],
    ['the folder of modules', 'modules', '../src'],
    ['the folder of files', 'assets', '../src'],
    ['a source map', 'maps/server.js.map', '../../package.json'],
  ])('is refused: a link that leads out of it, for %s', async (_, path, target) => {
    await writePacked({ 'maps/.keep': '' });
    await now().write({ 'package.json': '{}', 'src/server.js': 'the source' });
    await rm(join(now().root, OUTPUT, path), { recursive: true, force: true });
    await symlink(target, join(now().root, OUTPUT, path));
    expect(await failureOf()).toMatchObject({
      code: 'artifact_invalid',
      message: expect.stringContaining('a link to a path outside'),
    });
  });
});

describe('more than a server can have', () => {
  const MIB = 1024 * 1024;

  test('modules: the largest are named', async () => {
    await writePacked({
      'modules/data/large.bin': Buffer.alloc(20 * MIB),
      'modules/small.js': 'export {};',
      'modules/data/other.bin': Buffer.alloc(13 * MIB),
    });
    expect(await failureOf()).toEqual({
      code: 'artifact_invalid',
      message:
        'The modules of the server take 35 MB. The limit is 32 MiB. The largest: data/large.bin (20 MiB), data/other.bin (13 MiB), server.js (54 bytes).',
      hint: expect.stringContaining('Leave out'),
    });
  });

  test('compressed: what compresses well is no matter', async () => {
    await writePacked({
      'modules/zeros.bin': Buffer.alloc(12 * MIB),
      'modules/noise.bin': randomBytes(MIB),
    });
    expect(Object.keys(await now().publish(await collect()))).toContain('.appflux/server/zeros.bin');
    await writePacked({ 'modules/noise.bin': randomBytes(11 * MIB) });
    expect(await failureOf()).toMatchObject({
      message: expect.stringMatching(
        /^The compressed modules of the server take 12 MB\. The limit is 10 MiB\. The largest: noise\.bin \(12 MB\), zeros\.bin \(\d+ kB\)/,
      ),
    });
  });

  test('in number', async () => {
    await writePacked();
    const folder = join(now().root, OUTPUT, 'modules/many');
    await mkdir(folder);
    for (let at = 0; at < SERVER_LIMITS.modules; at += 1) await writeFile(join(folder, `${at}.js`), '');
    expect(await failureOf()).toMatchObject({
      code: 'artifact_invalid',
      message: expect.stringContaining('The server has 2,001 modules. The limit is 2,000.'),
    });
  });

  test('bindings of the project and of appflux.json together', async () => {
    await writePacked();
    const bindings = Object.fromEntries(
      Array.from({ length: SERVER_LIMITS.bindings }, (_, at) => [`KV_${at}`, 'kv' as const]),
    );
    expect(await failureOf({ server: { bindings } })).toMatchObject({
      code: 'settings_invalid',
      message: expect.stringContaining('20 bindings at most'),
    });
  });
});
