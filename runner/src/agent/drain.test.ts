/** A runner that is about to end: after its first attempt, or because its process got a signal. */
import { describe, expect, test } from 'vitest';
import { endless, succeedingSteps, types, useAgents } from '../testing/agent.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

/** A step that ends when the test says so. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const state = { begun: false };
  const step = async (): Promise<undefined> => {
    state.begun = true;
    await promise;
  };
  return { state, step, release: resolve };
}

describe('a runner that drains', () => {
  test('says so, finishes its build, and ends', async () => {
    const { state, step, release } = held();
    const agent = await start({
      accepts: ['leaving'],
      steps: () => succeedingSteps({ build: step }),
    });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun);
    agent.agent.drain(60_000);
    await agent.until(() => types(agent).includes('leaving'));
    expect(attempt.result).toBeUndefined();
    release();
    expect(await agent.ended).toBe('drained');
    expect(attempt.result).toMatchObject({ status: 'success' });
    expect(types(agent)).not.toContain('freed');
  });

  test('ends immediately if it builds nothing', async () => {
    const agent = await start({ accepts: ['leaving'] });
    agent.agent.drain(60_000);
    expect(await agent.ended).toBe('drained');
  });

  test('returns the build to the queue when its time is over', async () => {
    const { state, step } = endless();
    const agent = await start({ accepts: ['leaving'], steps: () => succeedingSteps({ build: step }) });
    agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    agent.agent.drain(1);
    expect(await agent.ended).toBe('stopped');
    expect(state.stopped).toBe(1);
  });

  test('can be stopped before that', async () => {
    const { state, step } = endless();
    const agent = await start({ accepts: ['leaving'], steps: () => succeedingSteps({ build: step }) });
    agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    agent.agent.drain(60_000);
    agent.agent.stop();
    expect(await agent.ended).toBe('stopped');
  });

  test('says so before its next hello, when the connection is lost', async () => {
    const { state, step, release } = held();
    const agent = await start({
      accepts: ['leaving'],
      steps: () => succeedingSteps({ build: step }),
    });
    agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun);
    agent.agent.drain(60_000);
    await agent.until(() => types(agent).includes('leaving'));
    const seen = types(agent).length;
    agent.edge.dropAll();
    await agent.until(() => types(agent).slice(seen).includes('hello'));
    expect(types(agent).slice(seen, seen + 2)).toEqual(['leaving', 'hello']);
    release();
    expect(await agent.ended).toBe('drained');
  });

  test('says nothing to an edge that doesn’t know of it', async () => {
    const { state, step, release } = held();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun);
    agent.agent.drain(60_000);
    release();
    expect(await agent.ended).toBe('drained');
    expect(types(agent)).toEqual(['hello', 'accepted']);
  });
});

describe('an ephemeral runner', () => {
  test('takes no second build, and ends with its first', async () => {
    const { state, step, release } = held();
    const agent = await start({
      ephemeral: true,
      accepts: ['leaving'],
      steps: () => succeedingSteps({ build: step }),
    });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun && types(agent).includes('leaving'));
    expect(types(agent)).toEqual(['hello', 'accepted', 'leaving']);
    release();
    expect(await agent.ended).toBe('drained');
    expect(attempt.result).toMatchObject({ status: 'success' });
  });

  test('waits for its first build as long as it takes', async () => {
    const agent = await start({ ephemeral: true, accepts: ['leaving'] });
    agent.edge.dropAll();
    await agent.until(() => types(agent).filter((type) => type === 'hello').length === 2);
    expect(types(agent)).not.toContain('leaving');
    agent.edge.grant(sampleGrant());
    expect(await agent.ended).toBe('drained');
  });
});
