import { DETAILS, SERVER_SITES, SITE_BASE, SIZE_BUDGETS } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { succeedingSteps, useAgents } from '../testing/agent.ts';
import { FakeSites } from '../testing/fake-sites.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

const found = { notes: { text: '- Faster', source: 'changelog' }, icon: null } as const;

const detailsOf = ({ frames }: { frames: readonly { type: string }[] }) =>
  frames.filter(({ type }) => type === DETAILS);

/** An attempt that finds release notes, at an edge that accepts these frames. */
async function finding(accepts: readonly string[] | undefined) {
  const seen: { keeps?: boolean; runs?: boolean } = {};
  const agent = await start({
    steps: ({ connection }) => {
      seen.keeps = connection.keepsDetails;
      seen.runs = connection.runsServers;
      return succeedingSteps({ details: async () => found });
    },
  });
  const sites = new FakeSites(agent.edge);
  sites.accepts = accepts;
  agent.edge.sites = sites;
  const attempt = agent.edge.grant(sampleGrant());
  await agent.until(() => attempt.result !== undefined);
  return { attempt, seen };
}

describe('release notes', () => {
  test('are sent to an edge that keeps them', async () => {
    const { attempt, seen } = await finding([SITE_BASE, DETAILS]);
    expect(seen.keeps).toBe(true);
    expect(detailsOf(attempt)).toEqual([{ type: 'details', attempt: 1, ...found }]);
    expect(attempt.result).toMatchObject({ status: 'success' });
  });

  test.each([[undefined], [[SITE_BASE]]])('are not sent to one that accepts %s', async (accepts) => {
    const { attempt, seen } = await finding(accepts);
    expect(seen.keeps).toBe(false);
    expect(detailsOf(attempt)).toEqual([]);
    expect(attempt.result).toMatchObject({ status: 'success' });
  });
});

test.each([
  [[SITE_BASE, SERVER_SITES], true],
  [[SITE_BASE], false],
  [undefined, false],
])('an edge that accepts %j runs servers of sites: %s', async (accepts, runs) => {
  expect((await finding(accepts)).seen.runs).toBe(runs);
});

test.each([
  [[SITE_BASE, SIZE_BUDGETS], 1],
  [[SITE_BASE, DETAILS], 0],
  [undefined, 0],
])('size budgets of the source go to an edge that accepts %j: %i frames', async (accepts, count) => {
  const budgets = [
    { what: 'files', pattern: 'assets/**', limit: 9, compression: 'none', on: 'fail' },
  ] as const;
  const agent = await start({
    steps: () => {
      const steps = succeedingSteps();
      return { ...steps, detect: async (...given) => ({ ...(await steps.detect(...given)), budgets }) };
    },
  });
  const sites = new FakeSites(agent.edge);
  sites.accepts = accepts;
  agent.edge.sites = sites;
  const attempt = agent.edge.grant(sampleGrant());
  await agent.until(() => attempt.result !== undefined);
  const sent = attempt.frames.filter(({ type }) => type === SIZE_BUDGETS);
  expect(sent).toEqual(Array.from({ length: count }, () => ({ type: SIZE_BUDGETS, attempt: 1, budgets })));
  expect(attempt.result).toMatchObject({ status: 'success' });
});
