import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkTestHelpers, importsOfTests, isForTests, placeProblem } from './test-helpers.ts';

test.each([
  'edge/src/testing/worker.ts',
  'edge/src/metadata/testing/contract/apps.ts',
  'edge/src/api/health.test.ts',
  'runner/src/cache/cache.docker.test.ts',
  'edge/vitest.config.ts',
  'edge/vitest.s3.ts',
  'runner/recorded/explain/npm.txt',
  'stack/fixtures/worker/worker.ts',
])('%s belongs to tests', (path) => {
  expect(isForTests(path)).toBe(true);
});

test.each([
  'edge/src/index.ts',
  'edge/src/contesting/one.ts',
  'edge/src/test-connection.ts',
  'edge/src/latest.ts',
  'stack/test.ts',
  'stack/testing/plan.ts',
  'runner/src/fixtures-of-the-house.ts',
])('%s does not', (path) => {
  expect(isForTests(path)).toBe(false);
});

test.each([
  ['edge/src/api/a.ts', "import { request } from '../testing/worker.ts';"],
  ['edge/src/api/a.ts', "import {\n  one,\n  two,\n} from '../testing/worker.ts';"],
  ['edge/src/api/a.ts', "import type { Asked } from '../testing/worker.ts';"],
  ['edge/src/api/a.ts', "import '../testing/setup.ts';"],
  ['edge/src/api/a.ts', 'export * from "./health.test.ts";'],
  ['edge/src/api/a.ts', "const { one } = await import('../testing/worker.ts');"],
  ['edge/src/api/a.ts', "type Worker = typeof import('../testing/worker.ts');"],
  ['dashboard/src/lib/a.svelte', "<script>\nimport { one } from '#testing/world.ts';\n</script>"],
  ['dashboard/src/lib/a.ts', "import { FIXTURES } from '@appflux/detection/testing/fixtures.ts';"],
  ['edge/src/api/a.ts', "import { expect } from 'vitest';"],
  ['stack/edge/a.ts', "import worker from '../fixtures/worker/worker.ts';"],
])('a program that imports tests is found: %s %s', (path, text) => {
  expect(importsOfTests(path, text)).toHaveLength(1);
});

test.each([
  ['edge/src/api/a.ts', "import { one } from '../http/router.ts';"],
  ['edge/src/api/a.ts', "import { z } from 'zod';"],
  ['stack/program.ts', "import { needsOf } from './testing/needs.ts';"],
  ['edge/src/api/a.ts', '// The tests get it from testing/worker.ts.'],
])('and one that does not is not: %s %s', (path, text) => {
  expect(importsOfTests(path, text)).toEqual([]);
});

test.each([
  ['edge/src/testing-attempt.ts', 'testing/'],
  ['edge/src/testing.ts', 'testing/'],
  ['edge/src/testing.setup.ts', 'testing/'],
  ['edge/src/deployment/sample-spec.ts', 'testing/'],
  ['runner/src/agent/fake-edge.ts', 'testing/'],
  ['detection/src/web.fixtures.ts', 'testing/'],
  ['edge/src/storage/samples.ts', 'testing/'],
  ['runner/src/explain/recorded/npm.txt', 'outside of src'],
  ['runner/src/testing/fixtures/react/package.json', 'outside of src'],
])('%s is in the wrong place', (path, problem) => {
  expect(placeProblem(path)).toContain(problem);
});

test.each([
  'edge/src/testing/attempt.ts',
  'edge/src/deployment/testing/sample-spec.ts',
  'detection/testing/web/web.fixtures.ts',
  'dashboard/src/testing/fixtures.ts',
  'runner/recorded/explain/npm.txt',
  'runner/fixtures/react/package.json',
  // Real names that only look alike.
  'edge/src/deployment/stub.ts',
  'edge/src/logs/sampling.ts',
  'runner/src/resample.ts',
  // Parts that are tests as a whole.
  'e2e/instance/fake-mail.ts',
  'e2e/fixtures/vite/package.json',
  'bench/sample-plan.ts',
])('%s is in the right place', (path) => {
  expect(placeProblem(path)).toBeNull();
});

test('files of a checkout are read, and those of tests may import what they like', async () => {
  const root = await mkdtemp(join(tmpdir(), 'appflux-helpers-'));
  try {
    const files = {
      'edge/src/a.ts': "import { request } from './testing/worker.ts';",
      'edge/src/a.test.ts': "import { request } from './testing/worker.ts';",
      'edge/src/testing/worker.ts': "import { other } from './other.ts';",
      'edge/src/sample-spec.ts': '',
      'e2e/a.ts': "import { request } from '../edge/src/testing/worker.ts';",
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    expect(await checkTestHelpers(root, Object.keys(files))).toEqual([
      'edge/src/a.ts: imports ./testing/worker.ts, which belongs to tests',
      'edge/src/sample-spec.ts: a helper of tests belongs in a testing/ folder beside what it helps to test',
    ]);
  } finally {
    await rm(root, { recursive: true });
  }
});
