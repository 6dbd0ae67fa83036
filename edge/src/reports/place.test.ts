import { expect, test } from 'vitest';
import { providerOf, repositoryOf } from './place.ts';

const git = (repoUrl: string) =>
  repositoryOf({ provider: 'git', repoUrl, branch: 'main', rootDirectory: './', depth: 1 });

test.each([
  ['https://git.example.com:3000/Ada/Site.git', 'https://git.example.com:3000', 'Ada/Site'],
  ['http://127.0.0.1:3000/ada/site', 'http://127.0.0.1:3000', 'ada/site'],
  ['https://gitlab.com/group/sub/site.git/', 'https://gitlab.com', 'group/sub/site'],
  ['ssh://git@git.example.com:2222/ada/site.git', 'https://git.example.com', 'ada/site'],
  ['git@github.com:ada/site.git', 'https://github.com', 'ada/site'],
])('%s', (repoUrl, webUrl, fullName) => {
  expect(git(repoUrl)).toEqual({ webUrl, fullName });
});

test('an upload is nowhere', () => {
  expect(repositoryOf({ provider: 'upload', rootDirectory: './' })).toBeNull();
});

test('the host says what it runs, or everybody knows', () => {
  expect(providerOf('https://git.example.com/ada/site', 'gitea:7')).toBe('gitea');
  expect(providerOf('git@Codeberg.org:ada/site', null)).toBe('forgejo');
  expect(providerOf('https://git.example.com/ada/site', null)).toBeNull();
  expect(providerOf('https://git.example.com/ada/site', 'unknown:7')).toBeNull();
});
