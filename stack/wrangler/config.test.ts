import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  unstable_readConfig as readConfig,
  unstable_getMiniflareWorkerOptions as workerOptionsOf,
} from 'wrangler';
import { ROOT } from '../command.ts';
import { readWranglerConfig } from './config.ts';

const folder = await mkdtemp(join(tmpdir(), 'appflux-wrangler-test-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const WORKER =
  'name = "one"\ncompatibility_date = "2026-11-01"\nmain = "index.js"\n[vars]\nGREETING = "hello"\n';

test.each(['wrangler.toml', 'wrangler.servers.toml'])(
  '%s is what wrangler reads, now and when it was kept',
  (name) => {
    const file = join(ROOT, name);
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const expected = plain({
      config: readConfig({ config: file }),
      workerOptions: workerOptionsOf(file).workerOptions,
    });
    expect(readWranglerConfig(file)).toEqual(expected);
    expect(readWranglerConfig(file)).toEqual(expected);
  },
);

test('a change of the file, or of the variables beside it, is read', async () => {
  const file = join(folder, 'wrangler.toml');
  const bindings = () => readWranglerConfig(file).workerOptions.bindings;
  await writeFile(file, WORKER);
  expect(bindings()).toEqual({ GREETING: 'hello' });
  await writeFile(file, WORKER.replace('hello', 'good day'));
  expect(bindings()).toEqual({ GREETING: 'good day' });
  await writeFile(join(folder, '.dev.vars'), 'GREETING=good night\n');
  expect(bindings()).toEqual({ GREETING: 'good night' });
});

test('a file that is none is refused, with wrangler’s reason', async () => {
  const file = join(folder, 'broken.toml');
  await writeFile(file, 'name = \n');
  expect(() => readWranglerConfig(file)).toThrow(expect.objectContaining({ code: 'settings_invalid' }));
  expect(() => readWranglerConfig(join(folder, 'missing.toml'))).toThrow(/missing\.toml/);
});
