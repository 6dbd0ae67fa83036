import { describe, expect, test } from 'vitest';
import { succeedingSteps, type TestAgent, types, useAgents } from '../testing/agent.ts';
import { SAMPLE_ID, sampleGrant } from '../testing/sample-job.ts';
import { FolderRemovals } from './folder-removals.ts';

const start = useAgents();

/** Removals that end when the test says so. */
function held() {
  const ends: (() => void)[] = [];
  return { ends, remove: () => new Promise<void>((resolve) => ends.push(resolve)) };
}

/** Whether a promise has settled by now. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setImmediate(resolve, 'turn'));
  return (await Promise.race([promise, turn])) !== 'turn';
}

const freed = (agent: TestAgent) => types(agent).filter((type) => type === 'freed').length;

/** Attempts whose numbers differ in the last digit of their deployments. */
const grantOf = (digit: number) => sampleGrant({ deploymentId: SAMPLE_ID.replace(/.$/, `${digit}`) });

describe('a slot', () => {
  test('is free while the folder of its attempt is being removed; a runner that ends waits for that', async () => {
    const { ends, remove } = held();
    const agent = await start({ executor: { removeFolder: remove } });
    agent.edge.grant(grantOf(1));
    await agent.until(() => freed(agent) === 1);
    expect(ends).toHaveLength(1);
    const next = agent.edge.grant(grantOf(2));
    await agent.until(() => next.result !== undefined && freed(agent) === 2);
    let hasEnded = false;
    void agent.ended.then(() => {
      hasEnded = true;
    });
    agent.agent.stop();
    ends[0]?.();
    await agent.until(() => ends.length === 2);
    expect(hasEnded).toBe(false);
    ends[1]?.();
    expect(await agent.ended).toBe('stopped');
  });

  test('is not free before everything of its attempt has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const agent = await start({ executor: { settled: () => promise } });
    const attempt = agent.edge.grant(grantOf(1));
    await agent.until(() => agent.journal.join('').includes('Attempt ended'));
    expect(attempt.result).toMatchObject({ status: 'success' });
    expect(freed(agent)).toBe(0);
    resolve();
    await agent.until(() => freed(agent) === 1);
  });

  test('is free although nothing could be removed, and the journal says which attempt is left', async () => {
    const fail = () => Promise.reject(new Error('in use'));
    const agent = await start({
      executor: { settled: fail, removeFolder: fail },
      steps: () => succeedingSteps(),
    });
    agent.edge.grant(grantOf(1));
    await agent.until(() => freed(agent) === 1);
    const journal = agent.journal.join('');
    expect(journal).toMatch(/container of an attempt could not be removed.*deploymentId=.*in use/);
    expect(journal).toMatch(/folder of an attempt could not be removed.*deploymentId=.*in use/);
  });
});

describe('removals', () => {
  test('are few at a time: a further slot waits for one of them', async () => {
    const removals = new FolderRemovals(async () => false);
    const { ends, remove } = held();
    for (let count = 0; count < 4; count += 1) await removals.begin(remove);
    const fifth = removals.begin(remove);
    expect(await hasSettled(fifth)).toBe(false);
    ends[2]?.();
    await fifth;
    const ended = removals.ended();
    for (const end of ends.slice(1)) end();
    expect(await hasSettled(ended)).toBe(false);
    ends[0]?.();
    await ended;
  });

  test.each([
    ['on a full disk', async () => true],
    ['on a disk that cannot be looked at', () => Promise.reject(new Error('ENOENT'))],
  ])('come before the next build %s', async (_, isDiskFull) => {
    const removals = new FolderRemovals(isDiskFull);
    const { ends, remove } = held();
    const begun = removals.begin(remove);
    expect(await hasSettled(begun)).toBe(false);
    ends[0]?.();
    await begun;
  });
});
