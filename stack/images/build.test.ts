import { expect, test } from 'vitest';
import { replacedImages } from './build.ts';

test('an image that lost its tag is removed, one that has none yet is kept', () => {
  const now = 1_000_000_000_000;
  const secondsAgo = (seconds: number) => now / 1000 - seconds;
  expect(
    replacedImages(
      [
        { Id: 'sha256:replaced', Created: secondsAgo(3600) },
        { Id: 'sha256:just-built', Created: secondsAgo(5) },
      ],
      now,
    ),
  ).toEqual(['sha256:replaced']);
});
