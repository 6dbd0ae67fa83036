/** Builds in sandboxes that waited for them. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { RESTORING } from '../job/stage-log.ts';
import { DEPLOYMENT_LABEL, PREPARED_LABEL, RUNNER_LABEL } from '../sandbox/container-spec.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { BuildBench, type BuildRun, plan } from '../testing/build.ts';
import { deployer } from '../testing/cached-build.ts';
import { CliBench, fixtureFiles } from '../testing/cli.ts';
import { containersOf, ensureWebImage, whyUnpreparable } from '../testing/docker.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const FIXTURE = fileURLToPath(new URL('../../fixtures/react-vite', import.meta.url));

const why = await whyUnpreparable();

let bench: BuildBench;

const run = (input: BuildRun) => bench.run({ ...input, prepared: true });

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(() => {
  bench = new BuildBench(engine);
});
afterEach(() => bench.close());

describe.skipIf(why !== null)('a build in a sandbox that waited for it', () => {
  test('installs and builds a real project, with the runner’s proxy as its only way out', async () => {
    const built = await run({
      plan: plan({ packageManager: 'npm', installCommand: 'npm ci', buildCommand: 'npm run build' }),
      files: (folder) => cp(FIXTURE, folder, { recursive: true }),
    });
    expect(built.failure, built.text).toBeNull();
    expect(await readFile(join(built.root, 'dist/index.html'), 'utf8')).toContain('/assets/');
    expect(built.text).toMatch(/vite v8/);
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

test.skipIf(why !== null)('later builds have their cache and packages in it, and keep them', async () => {
  const cli = await CliBench.open();
  const begunAt = Math.floor(Date.now() / 1000);
  /** Containers of builds that the engine has created: those that waited, and others. */
  const created = async () => {
    const label = [`${RUNNER_LABEL}=${cli.edge.runnerId}`];
    const filters = { type: ['container'], event: ['create'], label };
    const until = Math.floor(Date.now() / 1000) + 1;
    const events = await engine.getEvents({ filters: JSON.stringify(filters), since: begunAt, until });
    const labels = (await text(events))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).Actor.Attributes as Record<string, string>);
    return {
      waited: labels.filter((each) => PREPARED_LABEL in each).length,
      others: labels.filter((each) => DEPLOYMENT_LABEL in each).length,
    };
  };
  try {
    await cli.start('--prepared', '1');
    const deploy = deployer(() => cli);
    const project = await fixtureFiles();
    const cold = await deploy(project);
    expect([cold.status, cold.log.includes('\n$ npm ci')], cold.log).toEqual(['success', true]);
    for (const title of ['first', 'second']) {
      await expect.poll(() => containersOf(engine, cli.edge.runnerId)).toHaveLength(1);
      const warm = await deploy({ ...project, 'src/main.jsx': `document.title = '${title}';\n` });
      expect(warm.status, warm.log).toBe('success');
      expect(warm.cache[0]).toMatch(/hit, same lockfile/);
      expect(warm.log).toContain(`${RESTORING} npm ci`);
      expect(warm.log).not.toMatch(/^added \d+ packages/m);
    }
    const { waited, others } = await created();
    expect(others).toBe(1);
    expect(waited).toBeGreaterThanOrEqual(2);
  } finally {
    await cli.closeTidy();
  }
});
