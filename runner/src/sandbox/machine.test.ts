import { expect, test } from 'vitest';
import { newestImages } from './machine.ts';

test('of several tags of a builder image the newest counts', () => {
  const images = [
    { RepoTags: ['appflux/web-builder:latest', 'appflux/web-builder:pinned'], Created: 20 },
    { RepoTags: ['appflux/web-builder:old'], Created: 10 },
    { RepoTags: ['appflux/android-builder:latest'], Created: 30 },
    { RepoTags: null, Created: 40 },
  ];
  expect(newestImages(images)).toEqual([
    { name: 'android', createdAt: '1970-01-01T00:00:30.000Z' },
    { name: 'web', createdAt: '1970-01-01T00:00:20.000Z' },
  ]);
});
