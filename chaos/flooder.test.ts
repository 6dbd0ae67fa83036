import { RunnerToPool } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { FLOOD } from './flooder.ts';

test('every kind of frame that a runner may send to its pool is flooded, well-formed', () => {
  const kinds = RunnerToPool.options.map((option) => option.shape.type.value).sort();
  expect(FLOOD.map((frame) => RunnerToPool.parse(frame).type).sort()).toEqual(kinds);
});
