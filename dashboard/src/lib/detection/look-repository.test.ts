import type { Look, LookResult } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { LookFailure, lookAt } from './look-repository.ts';

const ID = '66f2a1c04b7e9d0012345678';
const EXPIRES = { id: ID, expiresAt: '2026-11-30T12:00:00.000Z' };
const RESULT: LookResult = {
  branch: 'main',
  defaultBranch: 'main',
  branches: ['main'],
  commit: { hash: '9f3c2ab', message: 'Add tides' },
  candidates: { ways: [], problem: null },
  plan: null,
};
const REQUEST = { source: { provider: 'git' as const, repoUrl: 'https://git.example.com/x/y.git' } };

function server(...answers: Look[]) {
  return { start: async () => ({ id: ID }), get: async () => answers.shift() ?? expect.unreachable() };
}

test('a look is followed until a runner has carried it out', async () => {
  const progress: string[] = [];
  const looks = server(
    { ...EXPIRES, status: 'waiting' },
    { ...EXPIRES, status: 'looking' },
    { ...EXPIRES, status: 'done', result: RESULT },
  );
  const result = await lookAt(looks, REQUEST, {
    signal: new AbortController().signal,
    onProgress: (at) => progress.push(at),
    pause: async () => undefined,
  });
  expect(result).toEqual(RESULT);
  expect(progress).toEqual(['waiting', 'looking']);
});

test('a look that failed says why', async () => {
  const error = {
    code: 'source_unavailable' as const,
    message: 'Not found.',
    hint: 'Check the URL.',
    credential: 'missing' as const,
  };
  const looking = lookAt(server({ ...EXPIRES, status: 'failed', error }), REQUEST, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  await expect(looking).rejects.toEqual(new LookFailure(error));
});

test('nobody asks for a look that is not wanted any longer', async () => {
  const abort = new AbortController();
  const looking = lookAt(server({ ...EXPIRES, status: 'waiting' }), REQUEST, {
    signal: abort.signal,
    onProgress: () => undefined,
    pause: async () => abort.abort(new Error('other source')),
  });
  await expect(looking).rejects.toThrow('other source');
});
