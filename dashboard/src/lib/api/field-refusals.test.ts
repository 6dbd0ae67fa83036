import { AppFluxError } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { FieldRefusals } from './field-refusals.svelte.ts';

test('a message belongs to the value that was refused, with what to do about it', () => {
  const refusals = new FieldRefusals();
  refusals.set(
    new AppFluxError('unprocessable', 'Invalid', {
      hint: 'Run ssh-keyscan.',
      issues: [
        { path: 'knownHosts', message: 'Enter the host keys' },
        { path: 'elsewhere', message: 'Not a field of this form' },
      ],
    }),
    { knownHosts: '', token: '' },
  );
  expect(refusals.of('knownHosts', '')).toBe('Enter the host keys. Run ssh-keyscan.');
  expect(refusals.of('knownHosts', 'git.example.com ssh-ed25519 AAAA')).toBe(null);
  expect(refusals.of('token', '')).toBe(null);
  expect(refusals.of('elsewhere', '')).toBe(null);
});

test('a later refusal replaces the earlier one', () => {
  const refusals = new FieldRefusals();
  const refuse = (path: string) =>
    refusals.set(new AppFluxError('unprocessable', 'no', { issues: [{ path, message: 'no' }] }), {
      url: 'x',
      name: 'x',
    });
  refuse('url');
  refuse('name');
  expect([refusals.of('url', 'x'), refusals.of('name', 'x')]).toEqual([null, 'no.']);
});
