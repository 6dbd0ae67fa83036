import { describe, expect, test } from 'vitest';
import { parseRepository } from './repository.ts';

const read = (input: string) => {
  const result = parseRepository(input);
  return result.ok ? result.repository : result.message;
};
const github = { provider: 'github', repoUrl: 'https://github.com/ada/engine', name: 'engine' };

describe('a repository', () => {
  test.each([
    'https://github.com/ada/engine',
    'https://github.com/ada/engine.git',
    'https://www.github.com/ada/engine/',
    ' github.com/ada/engine ',
    'ada/engine',
    'git@github.com:ada/engine.git',
    'ssh://git@github.com/ada/engine.git',
    'https://github.com/ada/engine?tab=readme#usage',
    'https://github.com/ada/engine/issues/3',
  ])('can be entered as %s', (input) => {
    expect(read(input)).toEqual({ ...github, branch: null, rootDirectory: null });
  });

  test('can be the URL of a folder on a branch', () => {
    expect(read('https://github.com/ada/engine/tree/next/apps/web%20site')).toEqual({
      ...github,
      branch: 'next',
      rootDirectory: 'apps/web site',
    });
  });

  test('can be on any Git host', () => {
    expect(read('https://git.example.com/group/sub/thing.git')).toEqual({
      provider: 'git',
      repoUrl: 'https://git.example.com/group/sub/thing.git',
      branch: null,
      rootDirectory: null,
      name: 'thing',
    });
  });

  test.each([
    ['git@git.example.com:group/sub/thing.git', 'ssh://git@git.example.com/group/sub/thing.git'],
    ['ssh://git@git.example.com:2222/thing.git/', 'ssh://git@git.example.com:2222/thing.git'],
  ])('over SSH, %s, keeps its form', (input, repoUrl) => {
    expect(read(input)).toEqual({
      provider: 'git',
      repoUrl,
      branch: null,
      rootDirectory: null,
      name: 'thing',
    });
  });

  test.each([
    ['', /Paste/],
    ['ssh://git:secret@git.example.com/x.git', /password/],
    ['not an address', /Invalid URL/],
    ['https://github.com/ada', /owner and repository/],
    ['https://ada:secret@git.example.com/x.git', /password/],
    ['file:///etc/passwd', /https/],
    ['ext::sh -c id', /https/],
    ['--upload-pack=x', /Invalid URL/],
  ])('%s is rejected with a hint', (input, message) => {
    expect(read(input)).toMatch(message);
  });
});
