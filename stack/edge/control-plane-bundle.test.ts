/** The control plane's bundle, by the real bundler: what is in it, and what is left out. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from '../command.ts';
import { bundleControlPlane } from './control-plane-bundle.ts';

/** Of a bundle without the driver, in bytes. Miniflare copies the script many times at each start. */
const LARGEST = 2_000_000;

/** What brings MongoDB's driver along. */
const DRIVER = /node_modules\/(?:mongodb|bson|@mongodb-js|mongodb-connection-string-url)\//;

const SourceMap = z.looseObject({ sources: z.array(z.string()) });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-control-plane-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bundled(mongodb: boolean) {
  const main = await bundleControlPlane(ROOT, folder, { mongodb });
  const script = await readFile(main, 'utf8');
  const { sources } = SourceMap.parse(JSON.parse(await readFile(`${main}.map`, 'utf8')));
  return { main, script, sources };
}

test('the driver is there only for metadata in MongoDB, and both bundles are kept', async () => {
  const without = await bundled(false);
  expect(without.sources.filter((source) => DRIVER.test(source))).toEqual([]);
  expect(without.script).not.toMatch(/MongoClient|saslprep/i);
  expect(without.script.length).toBeLessThan(LARGEST);
  const withDriver = await bundled(true);
  expect(withDriver.script).toContain('MongoClient');
  expect(withDriver.sources.filter((source) => DRIVER.test(source)).length).toBeGreaterThan(100);
  // Each has its own place: what was bundled for other settings is never run.
  expect(withDriver.main).not.toBe(without.main);
  expect((await bundled(false)).main).toBe(without.main);
  expect((await bundled(true)).main).toBe(withDriver.main);
}, 120_000);

test('functions keep their names, and only the English messages of zod are there', async () => {
  const { script, sources } = await bundled(false);
  // A class and a function of the sources: stack traces have these names.
  expect(script).toContain('"DeploymentObject"');
  expect(script).toContain('"withoutDriver"');
  expect(sources.filter((source) => /zod\/v4\/locales\//.test(source))).toEqual([
    expect.stringMatching(/\/en\.js$/),
  ]);
}, 120_000);
