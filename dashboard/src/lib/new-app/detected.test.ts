import type { Candidate, Candidates } from '@appflux/detection';
import { expect, test } from 'vitest';
import { Detected } from './detected.svelte.ts';

const answer = (message: string): { candidates: Candidates } => ({
  candidates: { ways: [], problem: { message, hint: null, isAmbiguous: false } },
});

test('only the result of the latest run is used, and an outdated run is stopped', async () => {
  const open: { finish: (found: { candidates: Candidates }) => void; signal: AbortSignal }[] = [];
  const detected = new Detected<Blob, { candidates: Candidates }>(
    (_file, _folder, { signal }) => new Promise((finish) => open.push({ finish, signal })),
  );
  const first = detected.detect(new Blob(), './');
  const second = detected.detect(new Blob(), 'web');
  expect(open.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  open[1]?.finish(answer('second'));
  await second;
  open[0]?.finish(answer('first'));
  await first;
  expect(detected.found?.problem?.message).toBe('second');
  expect(detected.state).toBe('found');
});

test('a source that can’t be read keeps its error, and is read again on request', async () => {
  let asked = 0;
  const detected = new Detected<Blob, { candidates: Candidates }>(async () => {
    asked += 1;
    if (asked === 1) throw new Error('no ZIP');
    return answer('read');
  });
  const file = new Blob();
  await detected.detect(file, './');
  expect([detected.state, detected.found, String(detected.error)]).toEqual(['failed', null, 'Error: no ZIP']);
  await detected.detect(file, './');
  expect(asked).toBe(1);
  await detected.retry('./');
  expect([detected.state, detected.error]).toEqual(['found', null]);
});

test('detection is not repeated for a folder that was already found', async () => {
  const plan: Candidate['plan'] = {
    type: 'web',
    framework: 'vite',
    packageManager: 'npm',
    image: 'appflux/web-builder',
    node: null,
    installCommand: 'npm ci',
    buildCommand: 'npm run build',
    outputs: ['dist'],
    reasons: [],
  };
  const ways = ['apps/blog', './apps/shop'].map((rootDirectory) => ({
    set: { rootDirectory, type: null, framework: null },
    plan,
  }));
  const asked: string[] = [];
  const detected = new Detected<Blob, { candidates: Candidates }>(async (_file, rootDirectory) => {
    asked.push(rootDirectory);
    return { candidates: { ways, problem: null } };
  });
  const file = new Blob();
  for (const folder of ['./', './apps/shop', 'apps/blog/', '', 'apps/other', './apps/shop'])
    await detected.detect(file, folder);
  expect(asked).toEqual(['./', 'apps/other']);
  await detected.detect(new Blob(), './apps/shop');
  expect(asked).toEqual(['./', 'apps/other', './apps/shop']);
});

test('sources that are equal are read once', async () => {
  const asked: string[] = [];
  const detected = new Detected<{ url: string }, { candidates: Candidates }>(
    async ({ url }) => {
      asked.push(url);
      return answer(url);
    },
    (one, other) => one.url === other.url,
  );
  for (const url of ['a', 'a', 'b', 'a']) await detected.detect({ url }, './');
  expect(asked).toEqual(['a', 'b', 'a']);
});
