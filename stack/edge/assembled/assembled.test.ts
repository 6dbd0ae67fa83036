/** Services that were kept once, and what may have happened to them since. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../command.ts';
import { assembledServices } from './assembled.ts';

const input = {
  wranglerConfig: join(ROOT, 'stack', 'fixtures', 'worker', 'wrangler.toml'),
  bucket: 'fixture-0f1e2d3c',
};

let into: string;
beforeAll(async () => {
  into = await mkdtemp(join(tmpdir(), 'appflux-assembled-'));
});
afterAll(() => rm(into, { recursive: true, force: true }));

test('two instances that assemble the same at the same time both get it', { timeout: 60_000 }, async () => {
  const [one, other] = await Promise.all([assembledServices(input, into), assembledServices(input, into)]);
  expect(one).toEqual(other);
  // No part of an attempt is left.
  expect(await readdir(into)).toHaveLength(1);
});

test('what is whole is used again', async () => {
  const { folder } = await assembledServices(input, into);
  const { ino } = await stat(folder);
  await assembledServices(input, into);
  expect((await stat(folder)).ino).toBe(ino);
});

const damages: [string, (folder: string, module: string) => Promise<void>][] = [
  ['its list is empty, as after a loss of power', (folder) => truncate(join(folder, 'services.json'))],
  [
    'its list is missing, as after a removal that was interrupted',
    (folder) => rm(join(folder, 'services.json')),
  ],
  ['a module is cut short', (folder, module) => truncate(join(folder, module), 10)],
  ['a module has other bytes', (folder, module) => writeFile(join(folder, module), 'export default {}')],
  ['a module is missing', (folder, module) => rm(join(folder, module))],
  [
    'a file is where its folder was',
    (folder) => rm(folder, { recursive: true }).then(() => writeFile(folder, '')),
  ],
  [
    'it is an empty folder',
    (folder) => rm(folder, { recursive: true }).then(() => mkdir(folder).then(() => undefined)),
  ],
];

test.each(damages)('it is assembled again if %s', { timeout: 60_000 }, async (_, damage) => {
  const before = await assembledServices(input, into);
  const [module = ''] = (await readdir(before.folder)).filter((name) => name.endsWith('.mjs'));
  const content = await readFile(join(before.folder, module), 'utf8');
  await damage(before.folder, module);
  expect(await assembledServices(input, into)).toEqual(before);
  expect(await readFile(join(before.folder, module), 'utf8')).toBe(content);
  expect(await readdir(into)).toHaveLength(1);
});
