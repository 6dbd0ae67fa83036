import { describe, expect, it } from 'vitest';
import { discoveryUrl, movedTo } from './redirect.ts';

describe('where a repository has moved to', () => {
  const repo = new URL('https://old.example/group/app');

  it('is read from where its discovery leads', () => {
    expect(discoveryUrl(repo).href).toBe('https://old.example/group/app/info/refs?service=git-upload-pack');
    expect(movedTo(repo, '/group/app.git/info/refs?service=git-upload-pack')?.href).toBe(
      'https://old.example/group/app.git',
    );
    expect(movedTo(repo, 'https://new.example/app/info/refs?service=git-upload-pack')?.href).toBe(
      'https://new.example/app',
    );
  });

  it.each([
    [undefined, 'no address'],
    ['https://old.example/login', 'no repository'],
    ['http://old.example/group/app.git/info/refs', 'without encryption'],
    ['https://user:pw@old.example/app/info/refs', 'with a password'],
    ['file:///etc/info/refs', 'a file'],
    ['ext::sh -c id /info/refs', 'a command'],
    ['https://[/info/refs', 'nonsense'],
  ])('is nowhere when the server answers %j', (location, _why) => {
    expect(movedTo(repo, location)).toBeNull();
  });
});
