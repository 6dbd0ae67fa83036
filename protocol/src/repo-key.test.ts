import { describe, expect, test } from 'vitest';
import { RepoUrl, repoKeyOf } from './repo-key.ts';
import { isSshUrl } from './ssh-url.ts';

const KEY = 'git.example/team/app';

test.each([
  ['https://git.example/team/app', KEY],
  ['https://git.example/Team/App.git', KEY],
  ['HTTPS://GIT.EXAMPLE:443/team/app.GIT/', KEY],
  ['http://git.example:80/team/app//', KEY],
  ['https://user@git.example/team/app?x=1#y', KEY],
  ['ssh://git@git.example/team/app.git', KEY],
  ['ssh://git@git.example:22/team/app.git', KEY],
  ['git@git.example:team/app.git', KEY],
  ['git@git.example:/team/app.git', KEY],
  ['https://git.example/t%65am/app', KEY],
  ['https://git.example:3000/team/app.git', 'git.example:3000/team/app'],
  ['ssh://git@git.example:2222/team/app.git', 'git.example:2222/team/app'],
  ['https://git.example/group/sub/app', 'git.example/group/sub/app'],
  ['git@[::1]:team/app.git', '[::1]/team/app'],
])('the key of %s is %s', (repoUrl, key) => {
  expect(repoKeyOf(repoUrl)).toBe(key);
});

test.each(['', 'team/app', 'https://git.example', 'file:///srv/app.git', 'https://'])(
  '“%s” has no key',
  (text) => {
    expect(repoKeyOf(text)).toBeNull();
  },
);

test('different repositories have different keys', () => {
  const urls = [
    'https://git.example/team/app',
    'https://git.example/team/app2',
    'https://git2.example/team/app',
  ];
  expect(new Set(urls.map(repoKeyOf)).size).toBe(urls.length);
});

describe('repository URLs', () => {
  test.each([
    ['https://git.example/team/app.git', 'https://git.example/team/app.git'],
    ['http://git.example:3000/team/app', 'http://git.example:3000/team/app'],
    ['ssh://git@git.example:2222/team/app.git', 'ssh://git@git.example:2222/team/app.git'],
    ['git@git.example:team/app.git', 'ssh://git@git.example/team/app.git'],
    ['org-1234@git.example:team/app', 'ssh://org-1234@git.example/team/app'],
    [' git@git.example:~ada/app ', 'ssh://git@git.example/~ada/app'],
  ])('%s is accepted as %s', (text, repoUrl) => {
    expect(RepoUrl.parse(text)).toBe(repoUrl);
    expect(RepoUrl.parse(repoUrl)).toBe(repoUrl);
  });

  test.each([
    'https://user:secret@git.example/x.git',
    'https://user@git.example/x.git',
    'ssh://git.example/x.git',
    'ssh://git:secret@git.example/x.git',
    'ssh://git@git.example/',
    'ssh://git@-oProxyCommand=id/x',
    'ssh://-oProxyCommand=id@git.example/x',
    '-oProxyCommand=id@git.example:x',
    'git@-oProxyCommand=id:x',
    'git@git.example:a b',
    'ssh://git@git.example/a\nb',
    'git.example:x',
    'file:///etc/passwd',
    'ext::sh -c id',
    '--upload-pack=id',
    'git://git.example/x',
    `https://git.example/${'x'.repeat(2048)}`,
  ])('%s is refused', (text) => {
    const result = RepoUrl.safeParse(text);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues.map(({ message }) => message))).not.toContain('secret');
  });
});

test('SSH URLs are told apart in both forms', () => {
  expect(['git@git.example:x', 'SSH://git@git.example/x', 'https://git.example/x'].map(isSshUrl)).toEqual([
    true,
    true,
    false,
  ]);
});
