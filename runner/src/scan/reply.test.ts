import { describe, expect, it } from 'vitest';
import { ScannerAddressText } from '../config/clamd-address.ts';
import { describeVersion, parseVerdict, parseVersion } from './reply.ts';

describe('reading a verdict', () => {
  it.each([
    ['stream: OK', { kind: 'clean' }],
    ['stream: Win.Test.EICAR_HDB-1 FOUND', { kind: 'found', signature: 'Win.Test.EICAR_HDB-1' }],
    [
      'stream: Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND',
      { kind: 'found', signature: 'Win.Test.EICAR_HDB-1' },
    ],
    ['stream: A name (with) FOUND in it FOUND', { kind: 'found', signature: 'A name (with) FOUND in it' }],
    ['INSTREAM size limit exceeded. ERROR', { kind: 'over_limit', limit: 'StreamMaxLength' }],
    ['stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND', { kind: 'over_limit', limit: 'MaxFileSize' }],
    ['stream: Heuristics.Limits.Exceeded FOUND', { kind: 'over_limit', limit: 'a limit' }],
  ])('%s', (reply, verdict) => {
    expect(parseVerdict(reply)).toEqual(verdict);
  });

  it.each([
    '',
    'OK',
    'stream: ',
    'stream:  FOUND',
    'stream: Error writing to temporary file ERROR',
    'UNKNOWN COMMAND',
    'stream: OK FOUND?',
  ])('takes %j for none: what is not understood is not clean', (reply) => {
    expect(parseVerdict(reply)).toBeNull();
  });
});

describe('reading the version', () => {
  it('finds engine, signatures and their date', () => {
    expect(parseVersion('ClamAV 1.4.6/27500/Mon Nov 23 08:00:00 2026')).toEqual({
      engine: '1.4.6',
      signatures: { version: 27500, date: new Date('Mon Nov 23 08:00:00 2026') },
    });
    expect(parseVersion('ClamAV 1.4.6 ')).toEqual({ engine: '1.4.6', signatures: null });
    expect(parseVersion('ClamAV 1.4.6/0/never')).toEqual({ engine: '1.4.6', signatures: null });
    expect(parseVersion('220 mail.test ESMTP')).toBeNull();
  });

  it.each([
    [0, 'from today', false],
    [1, 'one day old', false],
    [7, '7 days old', false],
    [8, '8 days old', true],
    [-1, 'from today', false],
  ])('%i days later calls the signatures %s', (days, words, stale) => {
    const date = new Date('2026-11-01T08:00:00Z');
    const now = new Date(date.getTime() + days * 86_400_000 + 60_000);
    expect(describeVersion({ engine: '1.4.6', signatures: { version: 27500, date } }, now)).toEqual({
      text: `ClamAV 1.4.6, signatures ${words}`,
      stale,
    });
  });
});

describe('the scanner’s address', () => {
  it.each([
    ['managed', { kind: 'managed' }],
    ['/run/clamav/clamd.ctl', { kind: 'unix', path: '/run/clamav/clamd.ctl' }],
    ['unix:/run/clamd.sock', { kind: 'unix', path: '/run/clamd.sock' }],
    ['unix:///run/clamd.sock', { kind: 'unix', path: '/run/clamd.sock' }],
    ['tcp://127.0.0.1:3311', { kind: 'tcp', host: '127.0.0.1', port: 3311 }],
    ['tcp://clamd.test', { kind: 'tcp', host: 'clamd.test', port: 3310 }],
    ['tcp://[::1]:80', { kind: 'tcp', host: '::1', port: 80 }],
  ])('%s', (text, address) => {
    expect(ScannerAddressText.parse(text)).toEqual(address);
  });

  it.each([
    '',
    'clamd.sock',
    'localhost:3310',
    'http://localhost:3310',
    'tcp://',
    'tcp://user@host:1',
    'tcp://host:1/x',
    'tcp://host:99999',
  ])('is not %j', (text) => {
    expect(ScannerAddressText.safeParse(text).success).toBe(false);
  });
});
