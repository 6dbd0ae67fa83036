import { expect, test } from 'vitest';
import { scannerLook } from './scanner.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const on = (day: string) => `2026-11-${day}T08:00:00.000Z`;

test('the age of the signatures is shown, and warned of past a week', () => {
  const scanner = { policy: 'required', engine: '1.4.6' } as const;
  expect(scannerLook({ ...scanner, signaturesAt: on('23') }, NOW)).toEqual({
    text: 'ClamAV 1.4.6, signatures',
    signaturesAt: on('23'),
    warn: false,
  });
  expect(scannerLook({ ...scanner, signaturesAt: on('15') }, NOW).warn).toBe(true);
  expect(scannerLook({ ...scanner, signaturesAt: null }, NOW)).toMatchObject({
    text: 'ClamAV 1.4.6, custom signatures',
    warn: false,
  });
});

test('a scanner that is missing is warned of; one that is switched off is only named', () => {
  const missing = { engine: null, signaturesAt: null };
  expect(scannerLook({ policy: 'required', ...missing }, NOW)).toMatchObject({
    text: 'Malware scanner missing: builds fail',
    warn: true,
  });
  expect(scannerLook({ policy: 'optional', ...missing }, NOW).warn).toBe(true);
  const waiting = { ...missing, lacksSignatures: true } as const;
  expect(scannerLook({ policy: 'required', ...waiting }, NOW)).toMatchObject({
    text: 'Malware signatures not downloaded yet: builds fail',
    warn: true,
  });
  expect(scannerLook({ policy: 'optional', ...waiting }, NOW)).toMatchObject({
    text: 'Malware signatures not downloaded yet: only the test file is detected',
    warn: true,
  });
  expect(scannerLook({ policy: 'off', ...missing }, NOW)).toMatchObject({
    text: 'Malware scan off',
    warn: false,
  });
});
