/** What a runner says of its disk to its pool: only what the edge accepts, and before it can be given a build. */
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { DiskWatch } from '../disk/watch.ts';
import { useAgents } from '../testing/agent.ts';

const startAgent = useAgents();

/** A watch that needs more than any disk has, or nothing. */
const disks = (minFree: number) =>
  new DiskWatch({ folders: [tmpdir()], minFree, makeRoom: async () => undefined, onError: () => undefined });
const ALL = Number.MAX_SAFE_INTEGER;

const typesOf = (frames: readonly { type: string }[]) => frames.map(({ type }) => type);

test('a runner that lacks space says so before its hello', async () => {
  const { edge } = await startAgent({ disks: disks(ALL), accepts: ['disk'] });
  expect(typesOf(edge.poolFrames)).toEqual(['disk', 'hello']);
  expect(edge.poolFrames[0]).toMatchObject({ low: true, minFreeBytes: ALL });
});

test('one that has space says so, too, and with each connection', async () => {
  const { edge, until } = await startAgent({ disks: disks(0), accepts: ['disk'] });
  await until(() => edge.poolFrames.some((frame) => frame.type === 'disk' && !frame.low));
  edge.poolFrames.length = 0;
  edge.dropAll();
  await until(() => typesOf(edge.poolFrames).includes('disk') && typesOf(edge.poolFrames).includes('hello'));
});

test.each([ALL, 0])('an edge of an earlier version gets no such frame, with %d needed', async (minFree) => {
  const { edge, until } = await startAgent({ disks: disks(minFree) });
  edge.dropAll();
  await until(() => typesOf(edge.poolFrames).filter((type) => type === 'hello').length === 2);
  expect(typesOf(edge.poolFrames)).not.toContain('disk');
});
