import { expect, test } from 'vitest';
import { scannerStatus } from './scanner.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const on = (day: string) => `2026-11-${day}T08:00:00.000Z`;

test('the age of the signatures is shown, with a warning after a week', () => {
  const scanner = { policy: 'required', engine: '1.4.6' } as const;
  expect(scannerStatus({ ...scanner, signaturesAt: on('23') }, NOW)).toEqual({
    text: 'ClamAV 1.4.6, signatures',
    signaturesAt: on('23'),
    warn: false,
  });
  expect(scannerStatus({ ...scanner, signaturesAt: on('15') }, NOW).warn).toBe(true);
  expect(scannerStatus({ ...scanner, signaturesAt: null }, NOW)).toMatchObject({
    text: 'ClamAV 1.4.6, custom signatures',
    warn: false,
  });
});

test('a missing scanner is a warning; a disabled one is not', () => {
  const missing = { engine: null, signaturesAt: null };
  expect(scannerStatus({ policy: 'required', ...missing }, NOW)).toMatchObject({
    text: 'Malware scanner missing: builds fail',
    warn: true,
  });
  expect(scannerStatus({ policy: 'optional', ...missing }, NOW).warn).toBe(true);
  const waiting = { ...missing, lacksSignatures: true } as const;
  expect(scannerStatus({ policy: 'required', ...waiting }, NOW)).toMatchObject({
    text: 'Malware signatures not downloaded yet: builds fail',
    warn: true,
  });
  expect(scannerStatus({ policy: 'optional', ...waiting }, NOW)).toMatchObject({
    text: 'Malware signatures not downloaded yet: only the test file is detected',
    warn: true,
  });
  expect(scannerStatus({ policy: 'off', ...missing }, NOW)).toMatchObject({
    text: 'Malware scan off',
    warn: false,
  });
});
