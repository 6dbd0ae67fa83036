import { expect, test } from 'vitest';
import { planScanner, type ScannerFacts } from './scanner.ts';

const GB = 1024 ** 3;
const plan = (facts: Partial<ScannerFacts>) =>
  planScanner({ policy: 'optional', hasScanner: false, canInstall: true, memory: 8 * GB, ...facts });

test('ClamAV is installed where possible', () => {
  expect(plan({})).toEqual({ action: 'install' });
  expect(plan({ policy: 'required' })).toEqual({ action: 'install' });
});

test('nothing is installed if ClamAV exists or scanning is off', () => {
  expect(plan({ hasScanner: true })).toEqual({ action: 'nothing' });
  expect(plan({ policy: 'off' })).toEqual({ action: 'nothing' });
  expect(plan({ policy: 'required', hasScanner: true, canInstall: false })).toEqual({ action: 'nothing' });
});

test('builds run without an optional scan, and the reason says how to install it', () => {
  expect(plan({ canInstall: false })).toMatchObject({
    action: 'go_without',
    reason: expect.stringContaining('apt-get install clamav-daemon clamav-freshclam'),
  });
  expect(plan({ memory: 1 * GB })).toMatchObject({ reason: expect.stringContaining('1.5 GB of memory') });
});

test('a start that requires a scan needs ClamAV, regardless of memory', () => {
  expect(() => plan({ policy: 'required', canInstall: false })).toThrow('needs ClamAV');
  expect(plan({ policy: 'required', memory: 1 * GB })).toEqual({ action: 'install' });
});
