import { CLOSE } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { JobFailure } from '../step-context.ts';
import {
  endless,
  FAST,
  idleSteps,
  SAMPLE_PLAN,
  succeedingSteps,
  type TestAgent,
  types,
  useAgents,
} from '../testing/agent.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

/** Whether the pool knows that the runner builds nothing. */
function isFree({ edge }: TestAgent): boolean {
  const last = edge.poolFrames.findLast(({ type }) => type === 'hello' || type === 'freed');
  return (
    last?.type === 'freed' ||
    (last?.type === 'hello' && edge.poolFrames.indexOf(last) > 0 && last.running.length === 0)
  );
}

describe('an attempt', () => {
  test('that is canceled stops, and says so', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    attempt.cancel('by its owner');
    await agent.until(() => types(agent).includes('freed'));
    expect(attempt.result).toEqual({ status: 'canceled' });
  });

  test('that was canceled before the runner came begins nothing', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ prepare: (ctx) => step(0, 0, ctx) }) });
    agent.edge.refuseStatus = 503;
    const attempt = agent.edge.grant(sampleGrant());
    attempt.cancel('by its owner');
    agent.edge.refuseStatus = undefined;
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.result).toEqual({ status: 'canceled' });
    expect(state.begun).toBe(0);
  });

  test('that was replaced stops immediately, and reports nothing', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    attempt.stale = true;
    attempt.close(CLOSE.staleAttempt);
    await agent.until(() => types(agent).includes('freed'));
    expect(state.stopped).toBe(1);
    expect(attempt.result).toBeUndefined();
  });

  test('over its time limit fails with build_timeout, by the runner’s own clock', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const limits = { ...sampleGrant().job.limits, timeoutSeconds: 20 };
    const attempt = agent.edge.grant(sampleGrant({}, { limits }));
    await agent.until(() => state.begun === 1);
    agent.clock.move(20_000);
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.result).toMatchObject({
      status: 'failed',
      failure: {
        code: 'build_timeout',
        phase: 'building',
        message: 'The build exceeded its time limit of 20 seconds',
      },
    });
  });

  test('whose lease may have expired is stopped, and its success is not reported', async () => {
    let begun = false;
    let stopped = false;
    const agent = await start({
      steps: () =>
        succeedingSteps({
          // A step that takes no notice and succeeds.
          build: (_, __, { signal }) =>
            new Promise((resolve) => {
              begun = true;
              signal.addEventListener('abort', () => {
                stopped = true;
                resolve(undefined);
              });
            }),
        }),
    });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => begun);
    agent.edge.mute = true;
    agent.clock.move(26_000);
    await agent.until(() => stopped && isFree(agent));
    expect(attempt.result).toBeUndefined();
    expect(agent.journal.join('')).toContain('result="not reported"');
  });

  test('is kept alive by pongs, however long it takes', async () => {
    const { state, step } = endless();
    const agent = await start({ steps: () => succeedingSteps({ build: step }) });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => state.begun === 1);
    for (let tens = 0; tens < 6; tens += 1) {
      const pings = attempt.pings;
      await agent.until(() => attempt.pings >= pings + 3);
      agent.clock.move(10_000);
    }
    expect(state.stopped).toBe(0);
  });

  test('that fails reports why, with secrets masked and the advice of its code', async () => {
    const agent = await start({
      steps: () =>
        idleSteps({
          build: async () => {
            throw new JobFailure('build_failed', 'It printed hunter2-secret.');
          },
        }),
    });
    const attempt = agent.edge.grant(sampleGrant({}, { variables: { KEY: 'hunter2-secret' } }));
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.result).toEqual({
      status: 'failed',
      failure: {
        code: 'build_failed',
        message: 'It printed ***',
        phase: 'building',
        hint: expect.stringContaining('Run the same build command'),
      },
    });
  });

  test('that meets a fault of ours tells the user so, and only the journal what it was', async () => {
    const agent = await start({
      steps: () =>
        idleSteps({
          detect: async () => {
            throw new TypeError('cannot read /srv/secret/path');
          },
        }),
    });
    const attempt = agent.edge.grant(sampleGrant());
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.result).toMatchObject({ failure: { code: 'internal', phase: 'detecting' } });
    expect(JSON.stringify([attempt.result, attempt.lines])).not.toContain('/srv/secret');
    expect(agent.journal.join('')).toContain('/srv/secret/path');
  });

  test('has no secret in anything that goes up, nor in the runner’s own journal', async () => {
    const secret = 'hunter2-secret';
    const agent = await start({
      steps: ({ connection, attempt: number, log }) =>
        succeedingSteps({
          prepare: async () => ({
            commitHash: 'abc1234',
            commitMessage: `Use ${secret}`,
            branch: 'main',
            root: '/nowhere',
          }),
          detect: async () => ({
            plan: { ...SAMPLE_PLAN, buildCommand: `x ${secret}`, reasons: [`because of ${secret}`] },
            version: secret,
          }),
          build: async (_source, _plan, _ctx, onImage) => {
            onImage({ digest: null, tools: { [secret]: secret } });
            log.write(secret);
            const name = `${secret}.zip`;
            void connection.ask({
              type: 'upload',
              attempt: number,
              request: 'r',
              name,
              size: 1,
              sha256: '0'.repeat(64),
              contentType: 'application/zip',
              meta: { label: secret },
            });
            throw new TypeError(`cannot read ${secret}`);
          },
        }),
    });
    const attempt = agent.edge.grant(sampleGrant({}, { variables: { API_KEY: secret } }));
    await agent.until(() => types(agent).includes('freed'));
    expect(attempt.frames.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['source', 'plan', 'upload', 'finish']),
    );
    expect(agent.journal.join('')).toContain('cannot read ***');
    const everything = JSON.stringify([attempt.frames, attempt.lines, attempt.result, agent.journal]);
    expect(everything).not.toContain('hunter2');
  });

  test('names the variables that are too short to be masked', async () => {
    const agent = await start();
    const attempt = agent.edge.grant(
      sampleGrant({}, { variables: { PIN: '123', KEY: 'long enough', EMPTY: '' } }),
    );
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.log).toContain('shorter than 4 characters: PIN.');
  });

  test.each([
    ['of an edge that names none', undefined, '*** *** 101'],
    ['that the edge names', ['API_KEY'], 'production *** 101'],
    ['when the edge names that there are none', [], 'production k-7f3a9c 101'],
  ])('masks the sensitive variables: those %s', async (_, sensitive, shown) => {
    const agent = await start({
      steps: ({ log }) =>
        succeedingSteps({
          build: async () => {
            log.write('production k-7f3a9c 101', 'stdout');
            return undefined;
          },
        }),
    });
    agent.edge.sensitive = sensitive;
    const variables = { MODE: 'production', API_KEY: 'k-7f3a9c', DEBUG: '1' };
    const attempt = agent.edge.grant(sampleGrant({}, { variables }));
    await agent.until(() => attempt.result !== undefined);
    expect(attempt.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)).toEqual([
      shown,
    ]);
    const short = attempt.log.includes('shorter than 4 characters: DEBUG.');
    expect(short).toBe(sensitive === undefined);
  });

  test('sends its whole log before its result, also to an edge that is slow to acknowledge', async () => {
    const agent = await start({ timing: { ...FAST, deadAfterMs: 5000 } });
    const attempt = agent.edge.grant(sampleGrant());
    attempt.holdAcks = true;
    await agent.until(() => attempt.log.includes('Uploading done'));
    expect(attempt.result).toBeUndefined();
    attempt.holdAcks = false;
    attempt.send({ type: 'ack', seq: attempt.ackedSeq });
    await agent.until(() => attempt.result !== undefined);
  });
});
