import { expect, test } from 'vitest';
import { checkHost, type HostFacts } from './host.ts';

const host = (change: Partial<HostFacts> = {}) =>
  checkHost({ user: 'builder', isRoot: false, hasShell: true, labels: ['macos'], ...change });

test('a host without a sandbox is weak, and whose files a build can read is said', () => {
  expect(host()).toEqual([
    {
      level: 'weak',
      text: expect.stringContaining('read everything that builder can read'),
      advice: expect.any(String),
    },
  ]);
  expect(host({ labels: null })).toHaveLength(1);
});

test('builds as root are a weakness of their own', () => {
  expect(host({ isRoot: true }).map(({ level }) => level)).toEqual(['weak', 'weak']);
});

test('nothing can be built without a shell, or without a label by which an app can ask', () => {
  expect(host({ hasShell: false })).toContainEqual(expect.objectContaining({ level: 'bad' }));
  expect(host({ labels: ['linux', 'arm64'] })).toContainEqual({
    level: 'bad',
    text: expect.stringContaining('this one has none'),
    advice:
      'Register it with --labels host or --labels macos, or add the label in the dashboard under Runners',
  });
});
