import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BuildSettings } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectPlan } from './detect.ts';
import { failureOf, surroundings, type TestSurroundings } from './prepare/testing/surroundings.ts';

let around: TestSurroundings;
let top: string;

beforeEach(async () => {
  around = await surroundings();
  top = around.workspace.source;
  await mkdir(top);
});

afterEach(() => around.remove());

const settings = { type: null, build: BuildSettings.parse({}) };

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), text);
  }
}

const VITE = '{"version":"1.0.0","scripts":{"build":"vite build"},"dependencies":{"vite":"8.0.0"}}';

describe('detection on disk', () => {
  it('plans a project and writes its reasons into the log', async () => {
    await write({ 'package.json': VITE, 'package-lock.json': '{}', 'node_modules/next/package.json': '{' });
    const { plan, version } = await detectPlan(top, settings, around.ctx);
    expect(plan).toMatchObject({ framework: 'vite', installCommand: 'npm ci', outputs: ['dist'] });
    expect(version).toBe('1.0.0');
    expect(around.lines).toEqual(plan.reasons);
  });

  it.each([
    [true, { kind: 'next', entry: null }],
    [false, undefined],
  ])('plans a server only where the instance runs servers (%s)', async (servers, server) => {
    await write({ 'package.json': VITE.replaceAll('vite', 'next').replace('8.0.0', '16.0.0') });
    const outcome = await detectPlan(top, { ...settings, servers }, around.ctx).catch((error) => error);
    expect(outcome.plan?.server).toEqual(server);
    if (!servers) expect(outcome).toMatchObject({ code: 'nothing_to_build' });
  });

  it('takes the version of the tag that was fetched, where the project has none', async () => {
    await write({ 'index.html': '' });
    expect((await detectPlan(top, { ...settings, ref: 'v2.1.0' }, around.ctx)).version).toBe('2.1.0');
  });

  it('reads nothing above the root directory, unless the top of the source is given', async () => {
    await write({ 'apps/web/package.json': VITE, 'pnpm-lock.yaml': '', 'appflux.json': '{"node":"20"}' });
    const root = join(top, 'apps/web');
    expect((await detectPlan(root, settings, around.ctx)).plan).toMatchObject({
      packageManager: 'npm',
      node: null,
    });
    const seen = await detectPlan(root, { ...settings, within: top }, around.ctx);
    expect(seen.plan).toMatchObject({ packageManager: 'pnpm', node: '20' });
  });

  it('follows no link, wherever it leads', async () => {
    const outside = join(around.folder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'package.json'), VITE);
    await write({ 'index.html': '' });
    await symlink(join(outside, 'package.json'), join(top, 'package.json'));
    await symlink(outside, join(top, 'public'));
    expect((await detectPlan(top, settings, around.ctx)).plan).toMatchObject({
      framework: null,
      outputs: ['.'],
    });
  });

  it.each([
    ['package.json', 1024 * 1024 + 1, 'package.json is larger than 1024 KB.'],
    ['appflux.json', 64 * 1024 + 1, 'appflux.json is larger than 64 KB.'],
  ])('refuses a %s that is too large', async (name, size, message) => {
    await write({ 'index.html': '', [name]: '' });
    await truncate(join(top, name), size);
    expect(await failureOf(detectPlan(top, settings, around.ctx))).toMatchObject({
      code: 'source_invalid',
      message,
    });
  });

  it('reads only the beginning of other files', async () => {
    await write({
      'package.json': VITE,
      'vite.config.ts': "export default { build: { outDir: 'web' } }",
      'yarn.lock': '__metadata:\n',
    });
    await truncate(join(top, 'vite.config.ts'), 2 ** 32);
    await truncate(join(top, 'yarn.lock'), 2 ** 32);
    const { plan } = await detectPlan(top, settings, around.ctx);
    expect(plan).toMatchObject({ outputs: ['web'], installCommand: 'yarn install --immutable' });
  });

  it('passes over names that are not UTF-8', async () => {
    await write({ 'package.json': VITE });
    await mkdir(Buffer.concat([Buffer.from(`${top}/`), Buffer.from([0x66, 0xff, 0xfe])]));
    expect((await detectPlan(top, settings, around.ctx)).plan.framework).toBe('vite');
  });

  it('does not mind a byte order mark', async () => {
    await write({ 'package.json': `\u{FEFF}${VITE}` });
    expect((await detectPlan(top, settings, around.ctx)).plan.framework).toBe('vite');
  });

  it('comes to an end in a tree of any depth and width', async () => {
    await write({ 'package.json': VITE, [`${'d/'.repeat(60)}package.json`]: '{' });
    await Promise.all(Array.from({ length: 500 }, (_, i) => writeFile(join(top, `f${i}`), '')));
    expect((await detectPlan(top, settings, around.ctx)).plan.framework).toBe('vite');
  });

  it('stops when the job is canceled', async () => {
    await write({ 'package.json': VITE });
    const reason = new Error('canceled by a test');
    around.abort(reason);
    await expect(detectPlan(top, settings, around.ctx)).rejects.toBe(reason);
  });
});
