import { expect, test } from 'vitest';
import { newFiles, publishedFiles } from './describe.ts';

const site = { kind: 'static', files: 1204, bytes: 12_431_870, newFiles: 3, newBytes: 12_410 } as const;

test('what a site has, and what of it is new', () => {
  expect(publishedFiles(site)).toBe('1,204 files, 12 MB');
  expect(publishedFiles({ ...site, files: 1, bytes: 1 })).toBe('1 file, 1 byte');
  expect(publishedFiles({ ...site, kind: 'server' })).toBe('1,204 files, 12 MB, with a server');
  expect(newFiles(site)).toBe('3 new, 12 kB');
  expect(newFiles({ ...site, newFiles: 0, newBytes: 0 })).toBe('All unchanged');
});
