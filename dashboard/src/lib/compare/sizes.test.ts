import { expect, test } from 'vitest';
import { artifact, deployment } from '../../testing/fixtures.ts';
import { artifactPairs, difference, phasePairs } from './sizes.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

test('phases are compared by how long they ran', () => {
  const of = (build: number) =>
    deployment({
      status: 'success',
      phases: [
        { phase: 'preparing', startedAt: at(0), finishedAt: at(2) },
        { phase: 'building', startedAt: at(2), finishedAt: at(2 + build) },
      ],
    });
  const pairs = phasePairs(of(10), of(14));
  expect(pairs).toEqual([
    { phase: 'preparing', before: 2, after: 2 },
    { phase: 'building', before: 10, after: 14 },
  ]);
  expect(pairs.map(difference)).toEqual([0, 4]);
});

test('a phase that is still running has no duration', () => {
  const running = deployment({
    status: 'building',
    finishedAt: null,
    phases: [{ phase: 'building', startedAt: at(0), finishedAt: null }],
  });
  expect(phasePairs(running, running)).toEqual([]);
});

test('artifacts are the same if only the version in their names differs', () => {
  const of = (version: string, size: number) =>
    deployment({ version, artifacts: [artifact({ name: `app-${version}.apk`, size })] });
  expect(artifactPairs(of('1.0.0', 5), of('1.0.1', 7))).toEqual([{ name: 'app-*.apk', before: 5, after: 7 }]);
});

test('what only one of them has differs by nothing that could be said', () => {
  const none = deployment({ artifacts: [] });
  const [pair] = artifactPairs(
    none,
    deployment({ version: null, artifacts: [artifact({ name: 'a.zip', size: 7 })] }),
  );
  expect(pair).toEqual({ name: 'a.zip', before: null, after: 7 });
  expect(pair && difference(pair)).toBeNull();
});
