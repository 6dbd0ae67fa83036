import { readFile } from 'node:fs/promises';
import Docker from 'dockerode';
import { expect, test, vi } from 'vitest';
import { own } from '../masking/sentence.ts';
import { JobFailure } from '../step-context.ts';
import { isEngineAway, removeContainer, StoppedByEngine } from './engine.ts';

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

test('an engine that is not there is distinguished from one that refuses', async () => {
  const absent = await failureOf(new Docker({ socketPath: '/nonexistent/docker.sock' }).ping());
  expect(isEngineAway(absent)).toBe(true);
  const refused = await failureOf(new Docker({ host: '127.0.0.1', port: 1, protocol: 'http' }).ping());
  expect(isEngineAway(refused)).toBe(true);
  expect(isEngineAway(new JobFailure('internal', own('no'), { cause: absent }))).toBe(true);
  expect(isEngineAway(new StoppedByEngine())).toBe(true);
  const answered = Object.assign(new Error('no such container'), { statusCode: 404 });
  expect(isEngineAway(answered)).toBe(false);
});

test('other errors of the runner are not its engine’s', async () => {
  expect(isEngineAway(await failureOf(readFile('/nonexistent/file')))).toBe(false);
  expect(isEngineAway(new JobFailure('build_failed', own('no')))).toBe(false);
  expect(isEngineAway(new Error('ECONNREFUSED'))).toBe(false);
  expect(isEngineAway('ECONNRESET')).toBe(false);
  expect(isEngineAway(null)).toBe(false);
});

test('a container is removed once, and again only if that failed', async () => {
  const container = new Docker().getContainer('c'.repeat(64));
  const failure = Object.assign(new Error('device or resource busy'), { statusCode: 500 });
  const remove = vi.spyOn(container, 'remove').mockRejectedValueOnce(failure).mockResolvedValue(undefined);
  await expect(removeContainer(container)).rejects.toBe(failure);
  await removeContainer(container);
  await removeContainer(container);
  expect(remove).toHaveBeenCalledTimes(2);
});
