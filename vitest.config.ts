/**
 * All tests: one project a part, named after its folder. What needs a Docker engine (`*.docker.test.ts`) and whole
 * instances (`e2e`) run one file after the other, after the rest: they would measure each other's load.
 */
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const DOCKER_TESTS = '**/*.docker.test.ts';

/** Tests that run in Node, side by side. */
function inNode(name: string, folders: string[]): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: folders.map((folder) => `${folder}/**/*.test.ts`),
      exclude: [...configDefaults.exclude, DOCKER_TESTS],
      testTimeout: 30_000,
      hookTimeout: 120_000,
    },
  };
}

/** Tests that run one file after the other, when those of lower order are done. */
function oneByOne(
  name: string,
  include: string[],
  groupOrder: number,
  exclude: string[] = [],
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include,
      exclude: [...configDefaults.exclude, ...exclude],
      maxWorkers: 1,
      sequence: { groupOrder },
      testTimeout: 300_000,
      hookTimeout: 600_000,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      inNode('protocol', ['protocol']),
      inNode('runner', ['runner']),
      inNode('cli', ['cli']),
      inNode('bench', ['bench', 'chaos']),
      inNode('stack', ['stack', 'builder-images']),
      './edge/vitest.config.ts',
      './dashboard/vitest.config.ts',
      oneByOne('docker', [DOCKER_TESTS], 1),
      oneByOne('e2e', ['e2e/**/*.test.ts'], 2, [DOCKER_TESTS]),
    ],
  },
});
