import { AppFluxError } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { messageOf, toasts } from './toasts.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('success toasts disappear, errors stay until dismissed', () => {
  toasts.show({ tone: 'good', title: 'Saved' });
  toasts.failed('Not saved', new AppFluxError('unavailable', 'It is away'));
  vi.advanceTimersByTime(60_000);
  expect(toasts.items.map(({ title }) => title)).toEqual(['Not saved']);
  toasts.dismiss(toasts.items[0]?.id ?? 0);
  expect(toasts.items).toEqual([]);
});

test('a toast with a button stays longer', () => {
  toasts.show({ tone: 'good', title: 'Rolled back', action: { label: 'Undo', run: async () => undefined } });
  vi.advanceTimersByTime(10_000);
  expect(toasts.items).toHaveLength(1);
  vi.advanceTimersByTime(20_000);
  expect(toasts.items).toEqual([]);
});

test('an error shows what is wrong, where, and what to do', () => {
  const issues = [{ path: 'source.branch', message: 'This is not a Git branch name' }];
  expect(
    messageOf(new AppFluxError('bad_request', 'The body is not right', { issues, hint: 'See the docs.' })),
  ).toBe('The body is not right. source.branch: This is not a Git branch name. See the docs.');
  expect(messageOf(new TypeError('x is undefined'))).toMatch(/went wrong on this page/);
});
