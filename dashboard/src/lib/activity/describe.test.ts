import { type ActivityItem, ENDINGS } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { idOf } from '../../testing/fixtures.ts';
import { actionLabel, appOf, byDay, titleOf } from './describe.ts';

const item = (over: Partial<ActivityItem> = {}): ActivityItem => ({
  id: idOf(1),
  at: '2026-11-01T12:00:00.000Z',
  actor: { kind: 'user', id: null, name: 'ada@example.com' },
  action: 'app.update',
  subject: { kind: 'app', id: null, name: 'shop' },
  deployment: null,
  reason: null,
  ...over,
});

test('each end of a deployment has a label, and an action of a newer server its name', () => {
  for (const action of ENDINGS) expect(actionLabel(action)).not.toContain('.');
  expect(actionLabel('moon.land')).toBe('moon.land');
  expect(actionLabel('deployment.toString')).toBe('deployment.toString');
});

test('an item leads to its app unless the app was deleted', () => {
  expect(appOf(item())).toBe('shop');
  expect(appOf(item({ action: 'app.delete' }))).toBe(null);
  expect(appOf(item({ subject: { kind: 'variable', id: null, name: 'shop: KEY' } }))).toBe(null);
  expect(appOf(item({ subject: null }))).toBe(null);
});

test('a deployment is named by its commit, or else its ZIP', () => {
  const deployment = {
    id: idOf(2),
    app: { slug: 'shop', name: 'Shop' },
    number: 3,
    status: 'success' as const,
    environment: 'production' as const,
    branch: null,
    commitMessage: null,
    uploadName: 'flyer.zip',
  };
  expect(titleOf(deployment)).toBe('flyer.zip');
  expect(titleOf({ ...deployment, commitMessage: 'Fix' })).toBe('Fix');
  expect(titleOf({ ...deployment, uploadName: null })).toBe('');
});

test('items are grouped by day in their order', () => {
  const days = byDay(
    ['2026-11-03T09:00:00.000Z', '2026-11-03T01:00:00.000Z', '2026-11-02T09:00:00.000Z'].map((at) =>
      item({ at }),
    ),
    (moment) => moment.slice(0, 10),
  );
  expect(days.map(({ day, items }) => [day, items.length])).toEqual([
    ['2026-11-03', 2],
    ['2026-11-02', 1],
  ]);
  expect(byDay([], String)).toEqual([]);
});
