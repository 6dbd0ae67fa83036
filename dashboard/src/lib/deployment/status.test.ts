import { describe, expect, test } from 'vitest';
import { deployment as sample } from '../../testing/fixtures.ts';
import { creatorName } from './creator.ts';
import { announcement, deploymentTitle, elapsedSeconds, shownStatus, titleNextToSource } from './status.ts';

test.each([
  [{ commitMessage: 'Fix login\n\nLong story', trigger: 'push' }, 'Fix login'],
  [{ commitMessage: null, trigger: 'upload', uploadName: 'site.zip', version: '1.2.0' }, 'site.zip'],
  [{ commitMessage: null, trigger: 'manual', uploadName: 'site.zip' }, 'site.zip'],
  [{ commitMessage: null, trigger: 'upload', version: '1.2.0' }, 'ZIP upload, version 1.2.0'],
  [{ commitMessage: ' \n', trigger: 'manual' }, 'Manual deployment'],
  [{ commitMessage: null, trigger: 'schedule' }, 'Schedule'],
  [
    {
      commitMessage: null,
      trigger: 'pull_request',
      pullRequest: { number: 7, title: 'Draw tides', url: 'https://github.com/x/y/pull/7', fork: true },
    },
    'Draw tides',
  ],
] as const)('%o is titled %s', (deployment, title) => {
  expect(deploymentTitle({ uploadName: null, version: null, pullRequest: null, ...deployment })).toBe(title);
});

test.each([
  [{ commitMessage: 'Fix login', trigger: 'push' }, 'Fix login'],
  [{ commitMessage: null, trigger: 'upload', uploadName: 'site.zip' }, 'site.zip'],
  [{ commitMessage: null, trigger: 'upload', version: '1.2.0' }, 'Version 1.2.0'],
  [{ commitMessage: null, trigger: 'upload' }, ''],
] as const)('beside its source, %o is titled "%s"', (deployment, title) => {
  expect(titleNextToSource({ uploadName: null, version: null, pullRequest: null, ...deployment })).toBe(
    title,
  );
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

describe('a badge', () => {
  const held = { status: 'queued', approval: { state: 'required', by: null }, skipped: null } as const;

  test('says that a deployment was skipped, or is held until someone approves it', () => {
    expect(shownStatus({ status: 'canceled', skipped: { reason: 'Closed' }, approval: null })).toBe(
      'skipped',
    );
    expect(shownStatus(held)).toBe('held');
    expect(announcement(sample(held))).toBe('Harbor: the deployment waits for approval.');
  });

  test('has the status once it was approved, or canceled instead', () => {
    expect(shownStatus({ ...held, approval: { state: 'approved', by: 'ada' } })).toBe('queued');
    expect(shownStatus({ ...held, status: 'canceled' })).toBe('canceled');
    expect(shownStatus({ ...held, approval: null })).toBe('queued');
  });
});

test.each([
  ['user', 'ada@harbor.example', 'ada@harbor.example'],
  ['token', 'Release script', 'API token Release script'],
  ['hook', 'Nightly', 'Deploy hook Nightly'],
  ['github', 'ada', 'ada on GitHub'],
  ['git', 'ada', 'ada'],
  ['schedule', '0 3 * * *', 'Schedule 0 3 * * *'],
] as const)('a creator of the kind %s is named', (kind, name, text) => {
  expect(creatorName({ kind, name })).toBe(text);
});
