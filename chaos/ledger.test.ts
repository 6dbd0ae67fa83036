import type { Deployment } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Ledger } from './ledger.ts';

const at = (status: Deployment['status']) => ({ id: 'a'.repeat(24), status, attempt: 1 }) as Deployment;
const statuses = (ledger: Ledger) => (ledger.sightings.get('a'.repeat(24)) ?? []).map(({ status }) => status);

test('consecutive states are recorded when they change', () => {
  const ledger = new Ledger();
  ledger.saw(at('queued'), 0, 1);
  ledger.saw(at('queued'), 2, 3);
  ledger.saw(at('building'), 4, 5);
  ledger.saw(at('queued'), 6, 7);
  expect(statuses(ledger)).toEqual(['queued', 'building', 'queued']);
});

test('an answer that overlaps with another is ignored, because their order is unknown', () => {
  const ledger = new Ledger();
  ledger.saw(at('canceling'), 2, 5);
  ledger.saw(at('building'), 1, 6);
  ledger.saw(at('canceled'), 7, 8);
  expect(statuses(ledger)).toEqual(['canceling', 'canceled']);
});
