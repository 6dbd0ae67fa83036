import { describe, expect, test } from 'vitest';
import type { BuilderImage, ImageVariant } from './catalog.ts';
import { answers, decideImage, wantedVariants } from './variant.ts';

const way = (name: string, needs: string | null): ImageVariant => ({
  name,
  needs,
  dockerfile: `Dockerfile.${name}`,
  base: { tag: 'debian:sid-slim', suite: 'sid' },
  npmTools: [],
  shared: [],
});
const official = way('official', 'https://vendor.example.com/');
const debian = way('debian', null);
const image: BuilderImage = {
  kind: 'android',
  parent: '/builder-images',
  repository: 'appflux/android-builder',
  shared: [],
  without: [],
  variants: [official, debian],
};

describe('the variant of an image', () => {
  const decide = (present: string | null, vendorAnswers: boolean, variants = image.variants) => {
    const asked: string[] = [];
    const decision = decideImage(
      variants,
      ({ name }) => name === present,
      async (url) => {
        asked.push(url);
        return vendorAnswers;
      },
    );
    return decision.then((decided) => ({ decided, asked: asked.length }));
  };

  test('is the preferred one if its vendor answers, else the one that can be built anywhere', async () => {
    expect((await decide(null, true)).decided).toEqual({ build: official });
    expect((await decide(null, false)).decided).toEqual({ build: debian });
    expect((await decide('debian', true)).decided).toEqual({ build: official });
    expect((await decide('debian', false)).decided).toBe('up_to_date');
  });

  test('stays the preferred one, once built, if its vendor becomes unreachable', async () => {
    expect(await decide('official', false)).toEqual({ decided: 'up_to_date', asked: 0 });
  });

  test('is the one that the environment names, whether its vendor answers or not', async () => {
    const named = (name: string) => wantedVariants(image, { APPFLUX_ANDROID_IMAGE: name });
    expect(named('debian')).toEqual([debian]);
    expect(named('auto')).toEqual([official, debian]);
    expect(wantedVariants(image, {})).toEqual([official, debian]);
    expect(await decide(null, false, named('official'))).toEqual({ decided: { build: official }, asked: 0 });
    expect(() => named('nightly')).toThrow('APPFLUX_ANDROID_IMAGE is "nightly"');
  });
});

test('a page without a server is unreachable', async () => {
  expect(await answers('https://127.0.0.1:9/', {})).toBe(false);
});
