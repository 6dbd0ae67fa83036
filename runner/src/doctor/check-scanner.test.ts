import { expect, test } from 'vitest';
import { checkScanner, type ScannerFacts } from './check-scanner.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const judge = (policy: 'required' | 'optional' | 'off', scanner: ScannerFacts) => {
  const { level, text } = checkScanner(policy, scanner, NOW);
  return `${level}: ${text}`;
};
const managed = (day: string | null): ScannerFacts => ({
  kind: 'managed',
  signaturesAt: day === null ? null : new Date(`2026-11-${day}T10:00:00Z`),
});

test('a scanner that answers is shown with its policy and the age of its signatures', () => {
  const text = 'ClamAV 1.4.6 with signatures of today';
  expect(judge('required', { kind: 'answer', ok: true, text })).toBe(`ok: Malware scan: required; ${text}`);
});

test('a scanner that is missing or does not respond is bad only where a scan is required', () => {
  const silent = { kind: 'answer', ok: false, text: 'The malware scanner cannot be reached.' } as const;
  expect(judge('required', { kind: 'none' })).toBe('bad: Malware scan: required, but clamd is not installed');
  expect(judge('optional', { kind: 'none' })).toMatch(/^weak: /);
  expect(judge('required', silent)).toBe(
    'bad: Malware scan: required; The malware scanner cannot be reached',
  );
  expect(judge('optional', silent)).toMatch(/^weak: /);
  expect(judge('off', { kind: 'none' })).toBe('weak: Malware scan: off');
});

test('a clamd of the runner’s own, which does not run now, is judged by its signatures', () => {
  expect(judge('optional', managed('22'))).toMatch(/^ok: .*one day old$/);
  expect(judge('optional', managed('02'))).toMatch(/^weak: .*21 days old$/);
  expect(judge('required', managed(null))).toMatch(/^bad: .*no signatures yet$/);
});
