import { expect, test } from 'vitest';
import { makeSecrets } from '../state.ts';
import { beginRotation, endRotation, resealAll } from './rotate.ts';

test('a rotation generates a new key, keeps the previous one, and drops it at the end', () => {
  const secrets = makeSecrets();
  const begun = beginRotation(secrets);
  expect(begun.previousSealingKey).toBe(secrets.sealingKey);
  expect(begun.sealingKey).not.toBe(secrets.sealingKey);
  expect(Buffer.from(begun.sealingKey, 'base64')).toHaveLength(32);
  expect(endRotation(begun)).toEqual({ ...secrets, sealingKey: begun.sealingKey });
});

test('an interrupted rotation continues with its own key', () => {
  const begun = beginRotation(makeSecrets());
  expect(beginRotation(begun)).toEqual(begun);
});

test('all pages are requested, round after round, until a round finds nothing', async () => {
  const rounds = [
    { null: [2, 'a'], a: [1, null] },
    { null: [0, 'a'], a: [1, null] },
    { null: [0, 'a'], a: [0, null] },
  ] as Record<string, [number, string | null]>[];
  let round = -1;
  const reported: number[] = [];
  const total = await resealAll(
    async (after) => {
      if (after === null) round += 1;
      const [resealed, next] = rounds[round]?.[String(after)] ?? [0, null];
      return { resealed, next };
    },
    (resealed) => reported.push(resealed),
  );
  expect(total).toBe(4);
  expect(round).toBe(2);
  expect(reported.at(-1)).toBe(4);
});
