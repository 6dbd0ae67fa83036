import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

test('no more than its places run at the same time, in order, and one that fails gives its place back', async () => {
  const gate = createGate(2);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const works = Array.from({ length: 6 }, (_, number) =>
    gate(async () => {
      begun.push(number);
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (number % 2 === 0) throw new Error(`${number}`);
      return number;
    }),
  );
  const results = await Promise.allSettled(works);
  expect(results.map(({ status }) => status)).toEqual(Array(3).fill(['rejected', 'fulfilled']).flat());
  expect(most).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
});
