/** Builds in sandboxes that waited for them. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectEngine } from '../sandbox/engine.ts';
import { BuildBench, type BuildRun, plan } from '../testing/build.ts';
import { ensureWebImage } from '../testing/docker.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const FIXTURE = fileURLToPath(new URL('../../fixtures/react-vite', import.meta.url));

let bench: BuildBench;

const run = (input: BuildRun) => bench.run({ ...input, prepared: true });

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(() => {
  bench = new BuildBench(engine);
});
afterEach(() => bench.close());

describe('a build in a sandbox that waited for it', () => {
  test('installs and builds a real project, with the runner’s proxy as its only way out', async () => {
    const { text, failure, root } = await run({
      plan: plan({ packageManager: 'npm', installCommand: 'npm ci', buildCommand: 'npm run build' }),
      files: (folder) => cp(FIXTURE, folder, { recursive: true }),
    });
    expect(failure, text).toBeNull();
    expect(await readFile(join(root, 'dist/index.html'), 'utf8')).toContain('/assets/');
    expect(text).toMatch(/vite v8/);
  });

  test('has the same variables, folder, rights and processes as one in a container of its own', async () => {
    const input = {
      plan: plan({
        buildCommand:
          'env | grep -v "^APPFLUX_DEPLOYMENT\\|^_=" | sort; pwd; id; ulimit -a; grep -E "Cap|NoNew|Seccomp:" /proc/self/status; readlink /proc/self/fd/0; ps -eo pid,args --no-headers 2>/dev/null | head -3; cat /proc/1/environ | tr "\\0" "\\n" | grep -c SECOND',
      }),
      variables: { SECOND: 'with = and\nlines, and "quotes"', API_KEY: 'hunter2-and-more' },
    };
    const prepared = await run(input);
    const own = await bench.run(input);
    expect(prepared.output).toEqual(own.output.with(-1, '0'));
  });
});
