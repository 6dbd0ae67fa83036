import { describe, expect, test } from 'vitest';
import type { SiteBaseAnswer, SiteConnection } from '../job/site/base.ts';
import { idleSteps, succeedingSteps, useAgents } from '../testing/agent.ts';
import { FakeSites } from '../testing/fake-sites.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

const base = {
  deploymentId: '66f2a1c04b7e9d0000000001',
  url: 'https://storage.example/manifest.json.gz',
  size: 100,
  sha256: '0'.repeat(64),
};

/** An attempt that asks for a base while it collects, at an edge that publishes sites. */
async function asking(prepare: (sites: FakeSites) => void) {
  const seen: { connection?: SiteConnection; answer?: SiteBaseAnswer | null } = {};
  const agent = await start({
    steps: ({ connection, attempt }) =>
      succeedingSteps({
        collect: async (...args) => {
          seen.connection = connection;
          seen.answer = await connection.askForBase({ type: 'site_base', attempt, branch: 'main' });
          return succeedingSteps().collect(...args);
        },
      }),
  });
  const sites = new FakeSites(agent.edge);
  prepare(sites);
  agent.edge.sites = sites;
  const attempt = agent.edge.grant(sampleGrant());
  return { agent, sites, attempt, seen };
}

describe('the question for a base', () => {
  test('is answered', async () => {
    const { agent, sites, attempt, seen } = await asking((one) => {
      one.base = base;
    });
    await agent.until(() => attempt.result !== undefined);
    expect(seen.answer).toMatchObject({ base });
    expect(sites.questions).toMatchObject([{ attempt: 1, branch: 'main' }]);
  });

  test('is asked again on a new connection', async () => {
    const { agent, sites, attempt, seen } = await asking((one) => {
      one.silent = true;
    });
    await agent.until(() => sites.questions.length === 1);
    sites.silent = false;
    agent.edge.dropAll();
    await agent.until(() => attempt.result !== undefined);
    expect(seen.answer).toMatchObject({ base: null });
    expect(sites.questions).toHaveLength(2);
    expect(sites.questions[1]?.request).toBe(sites.questions[0]?.request);
  });

  test('is not asked of an edge that publishes no sites', async () => {
    const { agent, sites, attempt, seen } = await asking((one) => {
      one.accepts = undefined;
    });
    await agent.until(() => attempt.result !== undefined);
    expect(seen.answer).toBeNull();
    expect(seen.connection?.publishesSites).toBe(false);
    expect(sites.questions).toEqual([]);
  });

  test('is dropped when such an edge takes the place of the one that was asked', async () => {
    const { agent, sites, attempt, seen } = await asking((one) => {
      one.silent = true;
    });
    await agent.until(() => sites.questions.length === 1);
    expect(seen.connection?.publishesSites).toBe(true);
    sites.accepts = ['weather'];
    agent.edge.dropAll();
    await agent.until(() => attempt.result !== undefined);
    expect(seen.answer).toBeNull();
    expect(sites.questions).toHaveLength(1);
  });

  test('ends with the attempt', async () => {
    let rejected: unknown;
    const agent = await start({
      steps: ({ connection, attempt }) =>
        idleSteps({
          collect: async () => {
            await connection
              .askForBase({ type: 'site_base', attempt, branch: null })
              .catch((error: unknown) => {
                rejected = error;
                throw error;
              });
            return [];
          },
        }),
    });
    const sites = new FakeSites(agent.edge);
    sites.silent = true;
    agent.edge.sites = sites;
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => sites.questions.length === 1);
    attempt.stale = true;
    agent.edge.dropAll();
    await agent.until(() => rejected !== undefined);
    expect(rejected).toMatchObject({ name: 'Stopped', kind: 'superseded' });
  });
});
