/** The location of a failure, from a build's output to the frame that the edge gets. */
import { FAILURE_LOCATION, SITE_BASE } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { verdict } from '../sandbox/verdict.ts';
import { idleSteps, useAgents } from '../testing/agent.ts';
import { FakeSites } from '../testing/fake-sites.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

const ERROR = 'src/cart.ts(12,5): error TS2304: Cannot find name.';

/** An attempt whose build prints these lines and fails, at an edge that accepts these frames. */
async function failing(accepts: readonly string[] | undefined, output: readonly string[], logBytes?: number) {
  const grant = sampleGrant();
  if (logBytes !== undefined) grant.job.limits.logBytes = logBytes;
  const agent = await start({
    steps: ({ log }) =>
      idleSteps({
        build: async () => {
          for (const line of output) log.writeMasked(line, 'stdout');
          throw verdict({
            exitCode: 2,
            oomKilled: false,
            stage: 'build',
            commands: { ignore: null, install: null, build: 'tsc' },
            memoryBytes: null,
            diskFull: false,
            diskBytes: 0,
            refusedHosts: [],
            tail: log.tail,
            source: { path: '/workspace', rootDirectory: '' },
          });
        },
      }),
  });
  const sites = new FakeSites(agent.edge);
  sites.accepts = accepts;
  agent.edge.sites = sites;
  const attempt = agent.edge.grant(grant);
  await agent.until(() => attempt.result !== undefined);
  expect(attempt.misunderstood).toEqual([]);
  const { failure } = Object(attempt.result);
  expect(failure).toMatchObject({ code: 'build_failed' });
  return { location: failure.location, lines: attempt.lines };
}

test('an edge that takes it gets the place, and the number of the log line that reports it', async () => {
  const { location, lines } = await failing([SITE_BASE, FAILURE_LOCATION], ['> tsc', ERROR, 'done']);
  expect(location).toMatchObject({ path: 'src/cart.ts', line: 12, column: 5 });
  expect(lines.find(({ seq }) => seq === location.seq)?.text).toBe(ERROR);
});

test('a line that the log omitted has its number, too, if it is among the last ones', async () => {
  const output = [...Array<string>(200).fill('compiling'), ERROR, ...Array<string>(50).fill('more')];
  const { location, lines } = await failing([FAILURE_LOCATION], output, 2_000);
  expect(lines.find(({ seq }) => seq === location.seq)?.text).toBe(ERROR);
});

test('a line that the log omitted and does not show again has none', async () => {
  const output = [...Array<string>(50).fill('compiling'), ERROR, ...Array<string>(400).fill('more')];
  const { location, lines } = await failing([FAILURE_LOCATION], output, 2_000);
  expect(lines.map(({ text }) => text)).not.toContain(ERROR);
  expect(location).toEqual({ path: 'src/cart.ts', line: 12, column: 5, seq: null });
});

test.each([[undefined], [[SITE_BASE]]])(
  'an edge that accepts %s gets the failure without it',
  async (accepts) => {
    expect((await failing(accepts, [ERROR])).location).toBeUndefined();
  },
);
