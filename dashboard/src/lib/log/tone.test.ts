import { expect, test } from 'vitest';
import { toneOf } from './tone.ts';

const system = (text: string) => toneOf({ stream: 'system', text });

test('of what AppFlux says, commands, warnings and the failure stand out', () => {
  expect(system('$ npm ci')).toBe('command');
  expect(system('Warning: "dist" has no index.html.')).toBe('warning');
  expect(system('Failed (build_failed): The build command ended with exit code 1.')).toBe('failure');
  expect(system('Building…')).toBeNull();
  expect(system('Failed to be nothing but a sentence')).toBeNull();
});

test('a build cannot speak in AppFlux’s voice', () => {
  expect(toneOf({ stream: 'stdout', text: '$ npm ci' })).toBeNull();
  expect(toneOf({ stream: 'stderr', text: 'Warning: React does not recognize the prop' })).toBeNull();
});
