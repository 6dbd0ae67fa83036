import { DETAILS, SITE_BASE } from '@appflux/protocol';
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
  const seen: { keeps?: boolean } = {};
  const agent = await start({
    steps: ({ connection }) => {
      seen.keeps = connection.keepsDetails;
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
