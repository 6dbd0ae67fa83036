import { expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { importsOf, needsOf, readFrom } from './needs.ts';

const needs = (path: string) => [...needsOf(path, readFrom(ROOT))].sort();

test.each([
  ['chaos/plan.test.ts', []],
  ['runner/src/masking/redactor.test.ts', []],
  ['edge/src/deployment/lifecycle.test.ts', []],
  ['dashboard/src/lib/log/ansi.test.ts', []],
  ['stack/settings.test.ts', []],
  ['edge/src/storage/storage.test.ts', ['foreignStorage']],
  ['runner/src/scan/scan.test.ts', ['git', 'scanner']],
  ['runner/src/job/prepare/git/git.test.ts', ['git']],
  // They import the client of an engine's API, and connect to no engine.
  ['runner/src/agent/agent.test.ts', []],
  ['stack/engine/decide.test.ts', []],
  ['dashboard/src/lib/log/log-view.browser.test.ts', ['browser', 'dashboard']],
  ['e2e/faults/lease.test.ts', []],
  // If the server can't be built, a MongoDB container replaces it.
  ['e2e/metadata/contract.test.ts', ['engine', 'git', 'mongo']],
  ['e2e/https/https.test.ts', ['engine', 'git', 'https']],
  ['stack/monitoring/monitoring.test.ts', ['monitoring']],
  ['e2e/git-hosts/gitea.test.ts', ['git', 'gitHost']],
  ['e2e/git-hosts/push.docker.test.ts', ['engine', 'git', 'gitHost']],
  ['stack/start.docker.test.ts', ['engine', 'git']],
  ['e2e/container/compose.docker.test.ts', ['engine', 'git', 'instanceImage']],
])('%s needs %j', (path, expected) => {
  expect(readFrom(ROOT)(path)).not.toBeNull();
  expect(needs(path)).toEqual(expected);
});

test('imports are followed through files and cycles, without types', () => {
  const files: Record<string, string> = {
    'a/a.test.ts': "import { b } from '../b/b.ts';\nimport type { Page } from 'playwright-core';\n",
    'b/b.ts': "import '../a/a.test.ts';\nexport { c } from './c.ts';\n",
    'b/c.ts': "const { chromium } = await import('playwright-core');\n",
    'd/d.test.ts': "import type { Page } from 'playwright-core';\nimport { type X, x } from './gone.ts';\n",
  };
  const read = (path: string) => files[path] ?? null;
  expect([...needsOf('a/a.test.ts', read)]).toEqual(['browser', 'dashboard']);
  expect([...needsOf('d/d.test.ts', read)]).toEqual([]);
  expect(importsOf('b/c.ts', files['b/c.ts'] ?? '')).toEqual(['playwright-core']);
});
