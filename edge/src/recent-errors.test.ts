import { AppFluxError } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { journal } from './journal.ts';
import { RecentErrors, recentErrors } from './recent-errors.ts';

const CRON = { source: 'cron' };

test('errors of the same source, code and shape are one group, with the newest as sample', () => {
  const errors = new RecentErrors();
  errors.note('attempt 1 failed', new TypeError('x'), CRON, 10);
  errors.note('attempt 2 failed', new TypeError('x'), { ...CRON, requestId: 'r' }, 30);
  errors.note('attempt 3 failed', new RangeError('x'), CRON, 20);
  errors.note('attempt 4 failed', new TypeError('x'), { source: 'GET /api/apps' }, 40);
  errors.note('it failed', new TypeError('x'), CRON, 50);
  const groups = errors.take();
  expect(groups).toHaveLength(4);
  expect(groups[0]).toEqual({
    source: 'cron',
    code: 'TypeError',
    message: 'attempt <n> failed',
    count: 2,
    firstAt: 10,
    lastAt: 30,
    sample: { message: 'attempt 2 failed', requestId: 'r' },
  });
  expect(errors.isEmpty).toBe(true);
});

test('what is put back adds to what came meanwhile', () => {
  const errors = new RecentErrors();
  errors.note('it failed', null, CRON, 10);
  const taken = errors.take();
  errors.note('it failed', null, CRON, 20);
  errors.putBack(taken);
  expect(errors.take()).toEqual([
    expect.objectContaining({ count: 2, firstAt: 10, lastAt: 20, code: 'error' }),
  ]);
});

test('the number of groups and their size are bounded', () => {
  const errors = new RecentErrors();
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (const one of letters)
    for (const other of letters) errors.note(`${one}${other} ${'x'.repeat(5000)}`, null, CRON, 1);
  const groups = errors.take();
  expect(groups).toHaveLength(100);
  expect(JSON.stringify(groups).length).toBeLessThan(100 * 1200);
});

test('what the Worker logs as an error is noted, without what signs in', () => {
  recentErrors.take();
  const token = `afx_${'s'.repeat(43)}`;
  journal.error('storage is down', new AppFluxError('unavailable', `refused ${token}`));
  journal.error('the queue fails', new Error('boom'), { source: 'queue deploy-queue', requestId: 'r1' });
  journal.error('only a text');
  const groups = recentErrors.take();
  expect(groups.map(({ source, code, sample }) => [source, code, sample])).toEqual([
    ['control plane', 'unavailable', { message: 'storage is down: refused afx_***', requestId: null }],
    ['queue deploy-queue', 'Error', { message: 'the queue fails: boom', requestId: 'r1' }],
    ['control plane', 'error', { message: 'only a text', requestId: null }],
  ]);
  expect(JSON.stringify(groups)).not.toContain('ssss');
});
