import { expect, test } from 'vitest';
import { certificateErrors, certificateOf, certificateStates } from './certificates.ts';

const line = (members: Record<string, unknown>) =>
  JSON.stringify({ level: 'info', ts: 1_795_941_656.07, logger: 'tls.renew', ...members });
const failed = (identifier: string, error: string) =>
  line({ level: 'error', msg: 'could not get certificate from issuer', identifier, issuer: 'x', error });

test('an error is the last one of a host, without its URL', () => {
  const log = [
    'cut off","identifier":"a.example"}',
    'not JSON with "identifier"',
    failed('a.example', 'the first'),
    failed(
      'a.example',
      '[a.example] creating new order: HTTP 429 urn:ietf:params:acme:error:rateLimited - too many (ca=https://acme.example/dir)',
    ),
    line({ level: 'error', msg: 'will retry', error: 'names no host' }),
  ].join('\n');
  expect([...certificateErrors(log)]).toEqual([
    [
      'a.example',
      {
        message: 'creating new order: HTTP 429 urn:ietf:params:acme:error:rateLimited - too many',
        at: new Date('2026-11-29T08:40:56.070Z'),
      },
    ],
  ]);
});

test('an error is over once a certificate came, of that host only', () => {
  const log = [
    failed('a.example', 'down'),
    failed('b.example', 'down'),
    line({ msg: 'certificate renewed successfully', identifier: 'a.example' }),
    line({ msg: 'obtaining certificate', identifier: 'b.example' }),
  ].join('\n');
  expect([...certificateErrors(log).keys()]).toEqual(['b.example']);
  expect(certificateErrors('').size).toBe(0);
});

test('what is reported is worst first, each host once, with whole days', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  const inDays = (days: number) => new Date(now.getTime() + days * 24 * 3600 * 1000);
  const errors = new Map([
    ['none.example', { message: 'refused', at: now }],
    ['late.example', { message: 'down', at: now }],
  ]);
  const states = certificateStates(
    [
      { host: 'well.example', expiresAt: inDays(60.5) },
      { host: 'well.example', expiresAt: inDays(2) },
      { host: 'soon.example', expiresAt: inDays(3) },
      { host: 'late.example', expiresAt: inDays(-0.5) },
    ],
    errors,
    now,
  );
  expect(states.map(({ host, daysLeft, error }) => [host, daysLeft, error?.message ?? null])).toEqual([
    ['late.example', -1, 'down'],
    ['none.example', null, 'refused'],
    ['soon.example', 3, null],
    ['well.example', 60, null],
  ]);
  expect(states[1]).toMatchObject({ expiresAt: null });
});

test('many are bounded', () => {
  const many = Array.from({ length: 500 }, (_, n) => ({ host: `${n}.example`, expiresAt: new Date() }));
  expect(certificateStates(many, new Map(), new Date())).toHaveLength(200);
});

test('what is no certificate is none', () => {
  expect(certificateOf('-----BEGIN CERTIFICATE-----\nAAAA')).toEqual([]);
  expect(certificateOf('')).toEqual([]);
});
