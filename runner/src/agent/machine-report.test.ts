/** What a runner says of its versions to its pool: only what the edge accepts, and with each connection. */
import { expect, test } from 'vitest';
import { useAgents } from '../testing/agent.ts';

const startAgent = useAgents();

const MACHINE = { node: 'v24.0.0', docker: '27.0.0', images: [] };
const machine = async () => MACHINE;
const countOf = (frames: readonly { type: string }[], type: string) =>
  frames.filter((frame) => frame.type === type).length;

test('versions are reported with each connection to an edge that accepts them', async () => {
  const { edge, until } = await startAgent({ machine, accepts: ['machine'] });
  await until(() => countOf(edge.poolFrames, 'machine') === 1);
  expect(edge.poolFrames.find(({ type }) => type === 'machine')).toEqual({ type: 'machine', ...MACHINE });
  edge.dropAll();
  await until(() => countOf(edge.poolFrames, 'machine') === 2);
});

test.each([undefined, ['disk']])('an edge that accepts %o gets no such frame', async (accepts) => {
  const { edge, until } = await startAgent({ machine, ...(accepts && { accepts }) });
  edge.dropAll();
  await until(() => countOf(edge.poolFrames, 'hello') === 2);
  expect(countOf(edge.poolFrames, 'machine')).toBe(0);
});
