import { expect, test } from 'vitest';
import { CallBudgets, MOST_CALLERS } from './budgets.ts';
import { costOf } from './cost.ts';

const ALLOWANCE = { burst: 3, perSecond: 1 };

test('one caller’s calls are not another’s', () => {
  const budgets = new CallBudgets();
  expect([1, 1, 1, 1].map((amount) => budgets.spend('one', amount, ALLOWANCE, 0))).toEqual([0, 0, 0, 1000]);
  expect(budgets.spend('two', 3, ALLOWANCE, 0)).toBe(0);
  expect(budgets.spend('one', 1, ALLOWANCE, 1000)).toBe(0);
});

test('made-up callers push out each other, and not the one that is limited', () => {
  const budgets = new CallBudgets();
  for (let n = 0; n < MOST_CALLERS * 2; n += 1) {
    if (n % 100 === 0) budgets.spend('busy', n === 0 ? 3 : 0, ALLOWANCE, 0);
    budgets.spend(`made up ${n}`, 1, ALLOWANCE, 0);
  }
  expect(budgets.size).toBeLessThanOrEqual(MOST_CALLERS);
  expect(budgets.spend('busy', 1, ALLOWANCE, 0)).toBeGreaterThan(0);
});

test('those who have their whole allowance again are forgotten', () => {
  const budgets = new CallBudgets();
  for (let n = 0; n < MOST_CALLERS; n += 1) budgets.spend(`caller ${n}`, 1, ALLOWANCE, 0);
  budgets.spend('later', 1, ALLOWANCE, 60_000);
  expect(budgets.size).toBe(1);
});

test('a call costs by what it makes the control plane do', () => {
  const id = '0'.repeat(24);
  for (const [method, path, cost] of [
    ['GET', '/api/apps', 1],
    ['GET', '/api/apps/site/deployments', 1],
    ['GET', `/api/deployments/${id}`, 1],
    ['PATCH', '/api/apps/site', 2],
    ['POST', '/api/uploads', 2],
    ['GET', `/api/deployments/${id}/logs`, 5],
    ['GET', `/api/deployments/${id}/logs.ndjson`, 5],
    ['POST', '/api/apps/site/deployments', 10],
    ['POST', '/api/deploy', 10],
    ['POST', `/api/deployments/${id}/cancel`, 10],
    ['POST', `/api/deployments/${id}/redeploy`, 10],
    ['POST', '/hooks/deploy/afxh_x', 10],
    ['GET', `/api/deployments/${id}/logs/live`, 20],
    ['GET', '/api/pool/connect', 20],
    ['GET', '/api/ops/metrics', 20],
    ['GET', '/api/ops/overview', 20],
    ['GET', '/api/ops/maintenance', 20],
    ['GET', '/api/ops/metrics-tokens', 1],
    ['GET', `/api/deployments/${id}/attempts/1/connect`, 20],
  ] as const)
    expect([path, costOf(method, path)]).toEqual([path, cost]);
});
