/**
 * All tests: one project per part, named after its folder. Fast tests come first: tests in Node and in workerd, then
 * whole instances (`e2e`) and tests that need a Docker engine (`*.docker.test.ts`).
 */
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import LongestFirst from './stack/testing/sequencer.ts';
import { ENGINE_WORKERS, RETRIES, UNIT_WORKERS } from './stack/testing/workers.ts';

const DOCKER_TESTS = '**/*.docker.test.ts';

/** Tests that run in Node, in parallel. Those that start processes are repeated as RETRIES says. */
function inNode(name: string, folders: string[], retry = 0): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: folders.map((folder) => `${folder}/**/*.test.ts`),
      exclude: [...configDefaults.exclude, DOCKER_TESTS],
      maxWorkers: UNIT_WORKERS,
      // Files of a worker share its process and modules, which saves a quarter of their time. A file restores what it changes
      // of the process: variables, timers, the working directory.
      isolate: false,
      retry,
      // An awaited state may take a while if other tests use the processors as well.
      expect: { poll: { timeout: 20_000 } },
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  };
}

/** Tests of whole instances and containers, after all others. */
function withEngine(name: string, include: string[], exclude: string[] = []): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include,
      exclude: [...configDefaults.exclude, ...exclude],
      maxWorkers: ENGINE_WORKERS,
      sequence: { groupOrder: 1 },
      retry: RETRIES,
      // The Worker is bundled once, so that two files don't do it at the same time.
      globalSetup: ['e2e/instance/bundle.setup.ts'],
      // An awaited state may take a while if other tests use the processors as well.
      expect: { poll: { timeout: 20_000 } },
      testTimeout: 300_000,
      hookTimeout: 600_000,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      inNode('protocol', ['protocol']),
      inNode('client', ['client']),
      inNode('detection', ['detection']),
      inNode('runner', ['runner'], RETRIES),
      inNode('cli', ['cli'], RETRIES),
      inNode('bench', ['bench', 'chaos'], RETRIES),
      inNode('stack', ['stack', 'builder-images', 'docs-site'], RETRIES),
      './edge/vitest.config.ts',
      './dashboard/vitest.config.ts',
      withEngine('e2e', ['e2e/**/*.test.ts'], [DOCKER_TESTS]),
      withEngine('docker', [DOCKER_TESTS]),
    ],
    sequence: { sequencer: LongestFirst },
  },
});
