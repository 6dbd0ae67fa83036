import { expect, test } from 'vitest';
import { MOST_OPEN, takePlace } from './open-connections.ts';

const ID = '66f2a1c04b7e9d00000000aa';
const OTHER = '66f2a1c04b7e9d00000000bb';

test('a deployment has so many places, and each is given back once', () => {
  const places = Array.from({ length: MOST_OPEN }, () => takePlace(ID));
  expect(places).not.toContain(null);
  expect(takePlace(ID)).toBeNull();
  const others = takePlace(OTHER);
  expect(others).not.toBeNull();
  others?.();
  places[0]?.();
  places[0]?.();
  const again = takePlace(ID);
  expect(again).not.toBeNull();
  expect(takePlace(ID)).toBeNull();
  for (const release of [...places, again]) release?.();
  expect(takePlace(ID)).not.toBeNull();
});

test('a place that is never given back is free some time later', () => {
  const id = '66f2a1c04b7e9d00000000cc';
  for (let at = 0; at < MOST_OPEN; at += 1) takePlace(id, 1_000);
  expect(takePlace(id, 60_000)).toBeNull();
  expect(takePlace(id, 3_600_000)).not.toBeNull();
});
