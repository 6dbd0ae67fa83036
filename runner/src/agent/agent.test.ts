import { CLOSE } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { Stopped } from '../stop.ts';
import { endless, succeedingSteps, type TestAgent, types, useAgents } from '../testing/agent.ts';
import { SAMPLE_ID, sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

describe('a runner', () => {
  test('says who it is, works on a grant, reports, and says that its slot is free', async () => {
    const agent = await start({ slots: 3 });
    expect(agent.edge.poolFrames[0]).toEqual({
      type: 'hello',
      version: '1.2.3',
      labels: ['linux'],
      slots: 3,
      running: [],
      session: expect.any(String),
    });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => types(agent).includes('freed'));
    expect(types(agent)).toEqual(['hello', 'accepted', 'freed']);
    expect(attempt.result).toEqual({ status: 'success', artifacts: ['site.zip'] });
    expect(attempt.frames.map((frame) => (frame.type === 'phase' ? frame.phase : frame.type))).toEqual([
      'preparing',
      'source',
      'scanning',
      'detecting',
      'plan',
      'building',
      'uploading',
      'sync',
      'finish',
    ]);
    expect(attempt.log).toMatch(/Preparing…[\s\S]*Preparing done in 0\.\d s\.[\s\S]*Uploading done in/);
  });

  test('accepts a grant that comes again, and does not begin twice', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    agent.edge.sendToPool({ type: 'grant', grant: attempt.grant });
    await agent.until(() => types(agent).filter((type) => type === 'accepted').length === 2);
    expect(state.begun).toBe(1);
  });

  test('answers a grant that comes late for an ended attempt with a free slot', async () => {
    const agent = await start();
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => types(agent).includes('freed'));
    agent.edge.sendToPool({ type: 'grant', grant: attempt.grant });
    await agent.until(() => types(agent).filter((type) => type === 'freed').length === 2);
    expect(types(agent).filter((type) => type === 'accepted').length).toBe(1);
  });

  test('works on as many attempts as it has slots, and on no more', async () => {
    const { state, step } = endless();
    const agent = await start({ slots: 2, steps: () => succeedingSteps({ build: step }) });
    for (const digit of '123')
      agent.edge.grant(sampleGrant({ deploymentId: SAMPLE_ID.replace(/.$/, digit) }));
    await agent.until(() => state.begun === 2 && agent.journal.join('').includes('every slot is in use'));
    expect(types(agent).filter((type) => type === 'accepted').length).toBe(2);
  });

  test('whose container engine stops returns the attempt, which then is tried again', async () => {
    const build = () => Promise.reject(new Stopped('engine_lost', 'The container engine stopped.'));
    const agent = await start({ steps: () => succeedingSteps({ build }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.result).toEqual({ status: 'canceled' });
  });

  test('that is stopped returns its attempts to the queue and cleans up', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    agent.agent.stop();
    expect(await agent.ended).toBe('stopped');
    expect(attempt.result).toEqual({ status: 'canceled' });
    expect(attempt.log).toContain('Building stopped after');
  });
});

describe('a lost connection', () => {
  test('to the pool is restored, and reports what is running', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    agent.edge.dropAll();
    await agent.until(() => types(agent).filter((type) => type === 'hello').length === 2);
    const [first, second] = agent.edge.poolFrames.filter((frame) => frame.type === 'hello');
    expect(second).toMatchObject({ running: [{ deploymentId: SAMPLE_ID, attempt: 1 }] });
    expect(second?.session).toBe(first?.session);
  });

  test('costs no line and no frame, however often it happens', async () => {
    const total = 400;
    const agent = await start({
      steps: ({ log }) =>
        succeedingSteps({
          build: async () => {
            for (let index = 0; index < total; index += 1) {
              log.writeMasked(`line ${index}`, 'stdout');
              if (index % 40 === 20) agent.edge.dropAll();
              if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
            }
          },
        }),
    });
    const attempt = agent.edge.grant(sampleGrant(), 17);
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.connections).toBeGreaterThan(3);
    expect(attempt.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)).toEqual(
      Array.from({ length: total }, (_, index) => `line ${index}`),
    );
    expect(attempt.lines.map(({ seq }) => seq)).toEqual(attempt.lines.map((_, index) => 18 + index));
    const phases = attempt.frames.flatMap((frame) => (frame.type === 'phase' ? [frame.phase] : []));
    expect([...new Set(phases)]).toEqual(['preparing', 'scanning', 'detecting', 'building', 'uploading']);
  });

  test('that nobody closed is noticed by its silence', async () => {
    const agent = await start();
    agent.edge.mute = true;
    await agent.until(() => agent.journal.join('').includes('no sign of life'));
    agent.edge.mute = false;
    await agent.until(() => agent.edge.poolConnected);
  });

  test('to an edge that refuses for a while is tried until it works', async () => {
    const agent = await start();
    agent.edge.refuseStatus = 503;
    agent.edge.dropAll();
    await agent.until(() => agent.edge.refused >= 3);
    expect(agent.journal.filter((line) => line.includes('status=503'))).toHaveLength(1);
    agent.edge.refuseStatus = undefined;
    await agent.until(() => agent.edge.poolConnected);
  });
});

describe('a runner that was removed', () => {
  test('stops everything, reports nothing, and ends', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    agent.edge.closePool(CLOSE.unauthorized);
    expect(await agent.ended).toBe('revoked');
    expect(state.stopped).toBe(1);
    expect(attempt.result).toBeUndefined();
  });

  test('also learns it from an HTTP status', async () => {
    const agent = await start();
    agent.edge.refuseStatus = 401;
    agent.edge.dropAll();
    expect(await agent.ended).toBe('revoked');
  });
});

describe('what a runner is registered for', () => {
  const registered = { name: 'test', labels: ['linux', 'gpu'], slots: 4 };
  const hellos = ({ edge }: TestAgent) =>
    edge.poolFrames.flatMap((frame) =>
      frame.type === 'hello' ? [{ labels: frame.labels, slots: frame.slots }] : [],
    );

  test('it takes, once the edge has said so, unless its own settings ask for less', async () => {
    const agent = await start({ slots: 1 });
    expect(hellos(agent)).toEqual([{ labels: ['linux'], slots: 1 }]);
    agent.edge.sendToPool({ type: 'registered', registered });
    await agent.until(() => hellos(agent).length === 2);
    expect(hellos(agent)[1]).toEqual({ labels: ['linux', 'gpu'], slots: 4 });
    const modest = await start({ settings: { slots: 2 } });
    modest.edge.sendToPool({ type: 'registered', registered });
    await modest.until(() => hellos(modest).length === 2);
    expect(hellos(modest)[1]).toEqual({ labels: ['linux', 'gpu'], slots: 2 });
    expect([agent, modest].map(({ journal }) => journal.join('')).join('')).not.toContain('asks for');
  });

  test('also arrives with the connection, and is stored', async () => {
    const kept: object[] = [];
    const agent = await start({ keep: async (facts) => void kept.push(facts) });
    agent.edge.registered = registered;
    agent.edge.dropAll();
    await agent.until(() => hellos(agent).length === 3);
    expect(hellos(agent)[2]).toEqual({ labels: ['linux', 'gpu'], slots: 4 });
    agent.edge.dropAll();
    await agent.until(() => hellos(agent).length === 4);
    expect(hellos(agent)[3]).toEqual({ labels: ['linux', 'gpu'], slots: 4 });
    expect(kept).toEqual([registered]);
  });

  test('is what it gets when its settings ask for more, which it says once', async () => {
    const { state, step } = endless();
    const agent = await start({
      settings: { labels: ['linux', 'prod-signing'], slots: 8 },
      steps: () => succeedingSteps({ build: step }),
    });
    agent.edge.registered = { ...registered, slots: 1 };
    agent.edge.dropAll();
    await agent.until(() => agent.journal.join('').includes('asks for'));
    agent.edge.dropAll();
    await agent.until(
      () => agent.journal.filter((line) => line.includes('Connected to the pool')).length === 3,
    );
    const warnings = agent.journal.filter((line) => line.includes('asks for'));
    expect(warnings).toEqual([
      expect.stringContaining(
        'This runner asks for 8 slots, registered for 1; asks for the label prod-signing, not registered for it. Change its registration',
      ),
    ]);
    for (const digit of '12') agent.edge.grant(sampleGrant({ deploymentId: SAMPLE_ID.replace(/.$/, digit) }));
    await agent.until(() => state.begun === 1 && agent.journal.join('').includes('every slot is in use'));
  });
});
