/** What tests with a real engine share: the builder image, hosts and folders of their own. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Caches } from '../cache/caches.ts';
import { mergeSettings, type RawSettings } from '../config/read-settings.ts';
import type { BuildHost } from '../container-executor/build-input.ts';
import { createJournal, type Journal } from '../journal.ts';
import { RUNNER_LABEL } from '../sandbox/container-spec.ts';
import { type Engine, engineStatus } from '../sandbox/engine.ts';
import { Images } from '../sandbox/images.ts';
import { unpreparable } from '../sandbox/prepared/how-many.ts';
import { PreparedSandboxes } from '../sandbox/prepared/prepared-sandboxes.ts';
import type { NamespaceLender } from '../sandbox/start-alone.ts';
import { createScanner } from '../scan/scanner.ts';
import { newRunnerId } from './sample-job.ts';

export const WEB_IMAGE = 'appflux/web-builder';

const STACK = fileURLToPath(new URL('../../../stack/images.ts', import.meta.url));

/** Makes sure of the web image, as a person would who has just cloned the repository. */
export async function ensureWebImage(engine: Engine): Promise<void> {
  try {
    await engine.getImage(WEB_IMAGE).inspect();
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
    await execa(process.execPath, [STACK, 'web'], { stdio: 'inherit' });
  }
}

/** Why sandboxes can't wait on this host; null if they can. */
export const whyUnpreparable = (): Promise<string | null> =>
  unpreparable({ executor: 'docker', ephemeral: false, runtime: undefined });

/** Scans nothing, for tests of other things. */
export const NO_SCAN = createScanner({
  policy: 'off',
  connect: () => Promise.reject(new Error('it is off')),
});

/** A journal that keeps its lines. */
export function keptJournal(): { journal: Journal; lines: string[] } {
  const lines: string[] = [];
  return { lines, journal: createJournal({ write: (text) => lines.push(text) }) };
}

/** A host for builds with a state folder of its own, which the test removes. */
export async function testHost(
  engine: Engine,
  settings: RawSettings = {},
  namespaces: NamespaceLender | null = null,
): Promise<BuildHost & { lines: string[] }> {
  const state = await mkdtemp(join(tmpdir(), 'appflux-runner-'));
  const { journal, lines } = keptJournal();
  const runnerId = newRunnerId();
  const merged = mergeSettings({ state, ...settings }, {}, {});
  const { cacheSize, keepFree } = merged;
  return {
    engine,
    journal,
    lines,
    runnerId,
    settings: merged,
    caches: new Caches({ state, engine, runnerId, journal, maxBytes: cacheSize, keepFree }),
    prepared: new PreparedSandboxes({
      engine,
      settings: merged,
      runnerId,
      journal,
      namespaces,
      most: merged.prepared ?? 0,
    }),
    namespaces,
    images: new Images({ engine, journal, allowed: merged.images, command: undefined }),
  };
}

/** The ids of the containers that a runner has, running or not. */
export async function containersOf(engine: Engine, runnerId: string): Promise<string[]> {
  const filters = { label: [`${RUNNER_LABEL}=${runnerId}`] };
  return (await engine.listContainers({ all: true, filters })).map(({ Id }) => Id);
}
