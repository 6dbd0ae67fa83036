import { Retention } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app } from '../../testing/fixtures.ts';
import { describeRule, RetentionForm } from './retention-form.svelte.ts';

const { retentionDefaults } = app();
const formOf = (retention: Partial<Retention> = {}) =>
  new RetentionForm({ artifacts: null, logs: null, ...retention }, retentionDefaults);

describe('the form of an app’s retention', () => {
  test('returns what it was filled with, as the protocol accepts it', () => {
    for (const retention of [
      { artifacts: null, logs: null },
      { artifacts: { keepLast: 0, days: 3650 }, logs: null },
      { artifacts: null, logs: { keepLast: 1000, days: 0 } },
    ]) {
      const form = formOf(retention);
      expect(form.valid).toBe(true);
      expect(form.toRetention()).toEqual(retention);
      expect(Retention.parse(form.toRetention())).toEqual(retention);
    }
  });

  test('starts a custom rule with the instance’s default, and can return to that', () => {
    const form = formOf();
    form.artifacts.choice = 'own';
    expect(form.toRetention()).toEqual({ artifacts: retentionDefaults.artifacts, logs: null });
    form.artifacts.keepLast = '3';
    expect(form.toRetention().artifacts).toEqual({ ...retentionDefaults.artifacts, keepLast: 3 });
    form.artifacts.choice = 'instance';
    expect(form.toRetention()).toEqual({ artifacts: null, logs: null });
  });

  test.each(['', ' ', '-1', '1.5', '1e2', '1001', 'all'])(
    'rejects "%s" as a number of deployments',
    (text) => {
      const form = formOf({ logs: { keepLast: 1, days: 1 } });
      form.logs.keepLast = text;
      expect(form.logs.keepLastProblem).toContain('from 0 to 1000');
      expect(form.logs.daysProblem).toBeNull();
      expect(form.valid).toBe(false);
      form.logs.choice = 'instance';
      expect(form.valid).toBe(true);
    },
  );

  test('accepts up to ten years', () => {
    const form = formOf({ artifacts: { keepLast: 1, days: 1 } });
    form.artifacts.days = '3651';
    expect(form.artifacts.daysProblem).toContain('from 0 to 3650');
    form.artifacts.days = '3650';
    expect(form.valid).toBe(true);
  });
});

test.each([
  [10, 30, 'the last 10 deployments, plus all from the last 30 days'],
  [1, 1, 'the last deployment, plus all from the last day'],
  [0, 7, 'all from the last 7 days'],
  [5, 0, 'the last 5 deployments'],
  [0, 0, 'only what is always kept'],
])('keepLast %d and days %d: %s', (keepLast, days, text) => {
  expect(describeRule({ keepLast, days })).toBe(text);
});
