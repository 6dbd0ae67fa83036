import type { OutboxItem } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { idOf } from '../../testing/fixtures.ts';
import { deliveryNote, linkLabel, PendingLinks } from './pending-links.svelte.ts';

const item = (over: Partial<OutboxItem> = {}): OutboxItem => ({
  id: idOf(1),
  kind: 'recovery',
  to: 'ada@example.com',
  url: 'http://localhost:8787/reset-password#token_hash=afp_x',
  createdAt: '2026-11-29T12:00:00.000Z',
  expiresAt: '2026-11-29T13:00:00.000Z',
  failure: null,
  nextTryAt: null,
  ...over,
});

test('the list is loaded and refreshed', async () => {
  const lists = [[item()], []];
  const links = new PendingLinks(
    { operator: { outbox: async () => lists.shift() ?? [] } },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = links.start();
  await expect.poll(() => links.all?.length).toBe(1);
  await links.refresh();
  expect(links.all).toEqual([]);
  stop();
});

test('a link has a label, and the reason why it was not emailed', () => {
  expect(linkLabel(item())).toBe('Password reset link');
  expect(linkLabel(item({ kind: 'invitation' }))).toBe('Invitation');
  const failure = 'The mail API answered 422';
  const nextTryAt = '2026-11-29T12:01:00.000Z';
  expect(deliveryNote(item())).toBeNull();
  expect(deliveryNote(item({ nextTryAt }))).toBe('Sending by email.');
  expect(deliveryNote(item({ failure, nextTryAt }))).toBe(
    'Email failed and will be retried: The mail API answered 422.',
  );
  expect(deliveryNote(item({ failure }))).toBe('Email failed: The mail API answered 422.');
});
