import { describe, expect, test } from 'vitest';
import { chooseFlutter } from './choose-flutter.ts';
import { chooseJava } from './choose-java.ts';

describe('the JDK of an image', () => {
  const official = { java: '17.0.17', 'java-21': '21.0.9' };

  test('is its own where that is asked for, and another that it has', () => {
    expect(chooseJava('17', official)).toEqual({ home: null, note: null });
    expect(chooseJava('21', official)).toEqual({ home: '/usr/lib/jvm/java-21', note: null });
    expect(chooseJava('8', { java: '1.8.0_442' })).toEqual({ home: null, note: null });
  });

  test('is the nearest newer one where it has not that', () => {
    expect(chooseJava('11', official)).toEqual({
      home: null,
      note: 'The project requests Java 11, but the image has 17 and 21. Using 17.',
    });
    expect(chooseJava('19', official)).toEqual({
      home: '/usr/lib/jvm/java-21',
      note: 'The project requests Java 19, but the image has 17 and 21. Using 21.',
    });
  });

  test('is its own where none is new enough, and it says so', () => {
    expect(chooseJava('25', official)).toMatchObject({
      home: null,
      note: expect.stringContaining('Using 17.'),
    });
    expect(chooseJava('21', { java: '17.0.17', variant: 'debian' })).toEqual({
      home: null,
      note: 'The project requests Java 21, but the image has 17. Using 17.',
    });
  });

  test('is nobody’s business where it has none', () => {
    expect(chooseJava('21', { node: '24.0.0' })).toEqual({ home: null, note: null });
  });
});

describe('the Flutter of a build', () => {
  const official = { flutter: '3.47.5', variant: 'official' };
  const debian = { flutter: '3.47.0', variant: 'debian' };
  const choose = (asked: string, image: Record<string, string> = official, online = true) =>
    chooseFlutter({ asked, image, online });

  test.each(['stable', '3.47.5', 'v3.47.5', '>=3.10.0', '>=3.10.0 <4.0.0', '^3.35.0', '3.47.5@stable'])(
    'is the image’s for %s',
    (asked) => expect(choose(asked)).toEqual({ fetch: null, note: null }),
  );

  test.each(['3.35.1', '3.48.0', 'beta', '>=3.48.0', '3.10.0 - 3.20.0', '3.35.1@beta'])(
    'is fetched for %s',
    (asked) => {
      expect(choose(asked)).toEqual({
        fetch: asked,
        note: `Downloading Flutter ${asked}, which the project requests; the image has 3.47.5.`,
      });
    },
  );

  test('is Debian’s for an older one or another channel, with a warning', () => {
    expect(choose('3.35.1', debian)).toEqual({
      fetch: null,
      note: 'The project requests Flutter 3.35.1, but the image has 3.47.0 and can’t download others. Using 3.47.0.',
    });
    expect(choose('beta', debian)).toMatchObject({
      fetch: null,
      note: expect.stringContaining('Using 3.47.0.'),
    });
  });

  test('is none where a newer one cannot be fetched', () => {
    const missing =
      'The project requests Flutter 3.48.0, but the image has 3.47.0 and can’t download others.';
    expect(choose('3.48.0', debian)).toEqual({ missing });
    expect(choose('3.48.0', { ...debian, variant: 'official' }, false)).toEqual({ missing });
  });

  test('is none for what is no release', () => {
    expect(choose('master')).toEqual({ missing: expect.stringContaining('channel master') });
    expect(choose('somebody/3.35.1')).toEqual({ missing: expect.stringContaining('not a valid version') });
  });

  test('is the image’s business where that is somebody’s own', () => {
    expect(choose('3.35.1', { node: '24.0.0' })).toEqual({ fetch: null, note: null });
  });
});
