import { describe, expect, test } from 'vitest';
import { deploymentTitle, elapsedSeconds, titleNextToSource } from './status.ts';

test.each([
  [{ commitMessage: 'Fix login\n\nLong story', trigger: 'push' }, 'Fix login'],
  [{ commitMessage: null, trigger: 'upload', uploadName: 'site.zip', version: '1.2.0' }, 'site.zip'],
  [{ commitMessage: null, trigger: 'manual', uploadName: 'site.zip' }, 'site.zip'],
  [{ commitMessage: null, trigger: 'upload', version: '1.2.0' }, 'ZIP upload, version 1.2.0'],
  [{ commitMessage: ' \n', trigger: 'manual' }, 'Manual deployment'],
] as const)('%o is titled %s', (deployment, title) => {
  expect(deploymentTitle({ uploadName: null, version: null, ...deployment })).toBe(title);
});

test.each([
  [{ commitMessage: 'Fix login', trigger: 'push' }, 'Fix login'],
  [{ commitMessage: null, trigger: 'upload', uploadName: 'site.zip' }, 'site.zip'],
  [{ commitMessage: null, trigger: 'upload', version: '1.2.0' }, 'Version 1.2.0'],
  [{ commitMessage: null, trigger: 'upload' }, ''],
] as const)('beside its source, %o is titled "%s"', (deployment, title) => {
  expect(titleNextToSource({ uploadName: null, version: null, ...deployment })).toBe(title);
});

describe('the time a deployment takes', () => {
  const none = { durationSeconds: null, startedAt: null, finishedAt: null };
  const startedAt = '2026-11-01T12:00:00.000Z';
  const now = Date.parse('2026-11-01T12:01:00Z');

  test('is unknown before it starts, counts while it runs, and is the recorded one after it ended', () => {
    expect(elapsedSeconds({ ...none, status: 'queued' }, now)).toBe(null);
    expect(elapsedSeconds({ ...none, status: 'building', startedAt }, now)).toBe(60);
    expect(elapsedSeconds({ ...none, status: 'success', startedAt, durationSeconds: 42 }, now)).toBe(42);
    expect(
      elapsedSeconds({ ...none, status: 'failed', startedAt, finishedAt: '2026-11-01T12:00:05.000Z' }, now),
    ).toBe(5);
  });
});
