import { expect, test } from 'vitest';
import { toneOf } from './tone.ts';

const system = (text: string) => toneOf({ stream: 'system', text });

test('commands, warnings, and failures of AppFlux are highlighted', () => {
  expect(system('$ npm ci')).toBe('command');
  expect(system('Warning: "dist" has no index.html.')).toBe('warning');
  expect(system('Failed (build_failed): The build command ended with exit code 1.')).toBe('failure');
  expect(system('Building…')).toBeNull();
  expect(system('Failed to be nothing but a sentence')).toBeNull();
});

test('errors and warnings of a build are highlighted', () => {
  const output = (text: string) => toneOf({ stream: 'stdout', text });
  expect(output('src/a.ts(3,1): error TS2322: Type mismatch.')).toBe('output-error');
  expect(output('src/a.c:3:1: warning: unused')).toBe('output-warning');
  expect(output('compiled src/error.ts')).toBeNull();
});

test('a build can’t imitate AppFlux’s own lines', () => {
  expect(toneOf({ stream: 'stdout', text: '$ npm ci' })).toBeNull();
  expect(toneOf({ stream: 'stdout', text: 'Failed (build_failed): no' })).not.toBe('failure');
  expect(toneOf({ stream: 'stderr', text: 'Warning: React does not recognize the prop' })).toBe(
    'output-warning',
  );
});
