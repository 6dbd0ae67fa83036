import { describe, expect, test } from 'vitest';
import { AttemptLog } from '../log/attempt-log.ts';
import { say } from '../masking/sentence.ts';
import { JobFailure } from '../step-context.ts';
import { Stopped } from '../stop.ts';
import { idleSteps, SAMPLE_PLAN, succeedingSteps } from '../testing/agent.ts';
import { sampleJob } from '../testing/sample-job.ts';
import { outcomeOf } from './outcome.ts';
import { runPipeline, type Steps } from './pipeline.ts';

async function run(steps: Steps, signal = new AbortController().signal, patienceMs = 50) {
  const lines: string[] = [];
  const sent: string[] = [];
  const plans: unknown[] = [];
  const job = sampleJob();
  const sink = {
    write: ({ phase, text }: { phase: string | null; text: string }) => lines.push(`${phase}: ${text}`),
    ready: async () => undefined,
  };
  const outcome = await runPipeline(steps, {
    job,
    attempt: 1,
    limits: job.limits,
    log: new AttemptLog(sink, String, 1e6),
    tell: (frame) => {
      sent.push(frame.type === 'phase' ? frame.phase : frame.type);
      if (frame.type === 'plan') plans.push(frame.plan);
    },
    signal,
    patienceMs,
  });
  return { outcome, sent, plans, lines: lines.map((line) => line.replace(/\d+\.\d s/, 'T')) };
}

describe('a pipeline', () => {
  test('runs its steps in order, each on what the ones before have found out', async () => {
    const calls: unknown[] = [];
    const steps = succeedingSteps({
      build: async (source, plan) => void calls.push([source.branch, plan]),
      collect: async (_, __, version) => {
        calls.push(version);
        return [{ name: 'a.zip', path: '', size: 1, sha256: '', contentType: '', meta: {} }];
      },
    });
    const { outcome, sent, lines } = await run(steps);
    expect(outcome).toEqual({ report: { status: 'success', artifacts: ['a.zip'] } });
    expect(sent).toEqual(['preparing', 'source', 'scanning', 'detecting', 'plan', 'building', 'uploading']);
    expect(calls).toEqual([['main', SAMPLE_PLAN], '1.0.0']);
    expect(lines.slice(0, 4)).toEqual([
      'preparing: Preparing…',
      'preparing: Preparing done in T.',
      'scanning: Scanning…',
      'scanning: Scanning done in T.',
    ]);
  });

  test('tells which image the plan is built in, as soon as that is known', async () => {
    const image = { digest: `sha256:${'a'.repeat(64)}`, tools: { node: '24.1.0' } };
    const steps = succeedingSteps({
      build: async (_source, _plan, _ctx, onImage) => void onImage(image),
    });
    const { sent, plans } = await run(steps);
    expect(sent).toEqual([
      'preparing',
      'source',
      'scanning',
      'detecting',
      'plan',
      'building',
      'plan',
      'uploading',
    ]);
    expect(plans).toEqual([
      SAMPLE_PLAN,
      { ...SAMPLE_PLAN, imageDigest: image.digest, tools: { node: '24.1.0' } },
    ]);
  });

  test('ends with the step that fails, and says in which phase', async () => {
    const steps = idleSteps({
      scan: async () => {
        throw new JobFailure('malware_found', 'Eicar in a.txt', { hint: 'Remove it.' });
      },
    });
    const { outcome, sent, lines } = await run(steps);
    expect(outcome.report).toEqual({
      status: 'failed',
      failure: {
        code: 'malware_found',
        message: 'Eicar in a.txt',
        phase: 'scanning',
        hint: 'Remove it.',
        candidates: [],
        location: null,
      },
    });
    expect(sent).toEqual(['preparing', 'source', 'scanning']);
    expect(lines.at(-1)).toBe('scanning: Scanning failed after T.');
  });

  test('of a project with nothing to do ends before anything is collected', async () => {
    const steps = succeedingSteps({
      build: async () => ({ reason: 'ignoreCommand (true) ended with exit code 0' }),
      collect: () => Promise.reject(new Error('collected')),
    });
    const { outcome, sent } = await run(steps);
    expect(outcome).toEqual({
      report: { status: 'skipped', reason: 'ignoreCommand (true) ended with exit code 0' },
    });
    expect(sent.at(-1)).toBe('building');
  });

  test('stops between two steps', async () => {
    const stop = new AbortController();
    const steps = succeedingSteps({ scan: async () => stop.abort(new Stopped('canceled', 'test')) });
    const { outcome, sent } = await run(steps, stop.signal);
    expect(outcome).toEqual({ report: { status: 'canceled' } });
    expect(sent).not.toContain('detecting');
  });

  test('leaves a step behind that does not stop', async () => {
    const stop = new AbortController();
    const steps = succeedingSteps({
      build: () => {
        stop.abort(new Stopped('canceled', 'test'));
        return new Promise(() => undefined);
      },
    });
    expect((await run(steps, stop.signal)).outcome).toEqual({ report: { status: 'canceled' } });
  });

  test('that succeeded stays so, even if the stop came in its last moment', async () => {
    const stop = new AbortController();
    const steps = succeedingSteps({ upload: async () => stop.abort(new Stopped('canceled', 'test')) });
    expect((await run(steps, stop.signal)).outcome.report?.status).toBe('success');
  });
});

describe('the outcome of', () => {
  const stopped = (kind: Stopped['kind']) =>
    outcomeOf(new Error('step'), new Stopped(kind, ''), 'building', 90).report;

  test.each(['lease_lost', 'superseded', 'revoked'] as const)('%s is silence', (kind) => {
    expect(stopped(kind)).toBeNull();
  });

  test('a cancel, or the end of the runner, is canceled', () => {
    expect(stopped('canceled')).toEqual({ status: 'canceled' });
    expect(stopped('stopping')).toEqual({ status: 'canceled' });
  });

  test('a full disk is reported as such, in every phase', () => {
    const error = Object.assign(new Error('ENOSPC: /srv/x'), { code: 'ENOSPC' });
    expect(outcomeOf(error, undefined, 'preparing', 1).report).toMatchObject({
      failure: { code: 'disk_full', message: say`The runner’s disk is full`, phase: 'preparing' },
    });
  });

  test('anything else is internal, with its text for the journal only', () => {
    const { report, fault } = outcomeOf(new Error('/srv/x'), undefined, 'detecting', 1);
    expect(report).toMatchObject({ failure: { code: 'internal' } });
    expect(JSON.stringify(report)).not.toContain('/srv/x');
    expect(String(fault)).toContain('/srv/x');
  });
});
