import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { engineFailure } from '../container-executor/engine-failure.ts';
import { outcomeOf } from '../job/outcome.ts';
import { own } from '../masking/sentence.ts';
import { diskVerdict } from '../sandbox/disk-watch.ts';
import { JobFailure } from '../step-context.ts';
import { keptJournal } from '../testing/docker.ts';
import { type FullMachine, returnedIfFull } from './full-machine.ts';

/** What becomes of a thrown value, and what was looked at and logged on the way. */
async function after(thrown: unknown, { attempt = 1, keepFree = 0 }: Partial<FullMachine> = {}) {
  const log: string[] = [];
  let looked = 0;
  const outcome = await returnedIfFull(outcomeOf(thrown, undefined, 'building', 60), {
    attempt,
    state: tmpdir(),
    keepFree,
    onDiskFull: async () => {
      looked += 1;
    },
    log: (line) => log.push(String(line)),
  });
  return { outcome, log, looked };
}

const FULL_MACHINE = diskVerdict({ free: 1, used: null, full: false }, 100, 2);
const OVER_LIMIT = diskVerdict({ free: 9, used: 101, full: false }, 100, 2);
const noSpace = (code: string) => Object.assign(new Error(`${code}: write`), { code });
/** More than any disk has free. */
const ALL = Number.MAX_SAFE_INTEGER;

describe('a build whose machine is full', () => {
  test('returns to the queue, after the disks were looked at', async () => {
    expect(await after(FULL_MACHINE)).toMatchObject({
      outcome: { report: { status: 'canceled' } },
      log: [expect.stringContaining('returns to the queue')],
      looked: 1,
    });
    expect(await after(FULL_MACHINE, { attempt: 2 })).toMatchObject({
      outcome: { report: { status: 'canceled' } },
    });
  });

  test('fails in its last attempt, with what to do', async () => {
    const { outcome } = await after(FULL_MACHINE, { attempt: 3 });
    expect(outcome.report).toMatchObject({ status: 'failed', failure: { code: 'disk_full' } });
    expect(JSON.stringify(outcome.report)).toContain('owner of the runner to free disk space');
  });

  test.each(['ENOSPC', 'EDQUOT'])(
    'is distinguished from the build’s own disk by what is free: %s',
    async (code) => {
      expect((await after(noSpace(code), { keepFree: ALL })).outcome.report).toEqual({ status: 'canceled' });
      expect((await after(noSpace(code))).outcome.report).toMatchObject({
        status: 'failed',
        failure: { code: 'disk_full' },
      });
    },
  );

  test('is known from the engine’s own words', async () => {
    const { journal } = keptJournal();
    const full = engineFailure(new Error('mkdir /var/lib/docker/x: no space left on device'), journal);
    expect(full).toMatchObject({ code: 'disk_full', ofMachine: true });
    expect((await after(full)).outcome.report).toEqual({ status: 'canceled' });
    expect(engineFailure(new Error('conflict'), journal)).toMatchObject({ code: 'internal' });
  });
});

test.each([
  ['a build over its own limit', OVER_LIMIT],
  ['another failure', new JobFailure('build_failed', own('The build command failed'))],
  ['a bug', new Error('oops')],
])('%s fails even on a full machine', async (_, thrown) => {
  const { outcome, looked } = await after(thrown, { keepFree: ALL });
  expect(outcome.report).toMatchObject({ status: 'failed' });
  expect(looked).toBe(0);
});
