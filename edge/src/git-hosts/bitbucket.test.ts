/** Payloads in the form of Bitbucket Cloud's documentation, with what the events need and more. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gitHost, parseEvent, parseEvents, verify } from './index.ts';

const SHA = { a: 'a'.repeat(40), b: 'b'.repeat(40) };

const repository = {
  type: 'repository',
  uuid: '{1d29d34f-f8a1-4c3d-8269-f5d46bb6ca43}',
  full_name: 'harbor/Site',
  name: 'Site',
  links: {
    self: { href: 'https://api.bitbucket.org/2.0/repositories/harbor/site' },
    html: { href: 'https://bitbucket.org/harbor/site' },
  },
  is_private: true,
  scm: 'git',
};
const fork = {
  ...repository,
  uuid: '{0c3f}',
  full_name: 'mara/site',
  links: { html: { href: 'https://bitbucket.org/mara/site' } },
};
const actor = { type: 'user', display_name: 'Mara Lind', nickname: 'mara', uuid: '{18aa}' };

const state = (name: string, hash: string, type = 'branch') => ({
  type,
  name,
  target: {
    type: 'commit',
    hash,
    message: `At ${name}\n`,
    author: { type: 'author', raw: 'Mara Lind <mara@example.com>' },
    date: '2026-11-29T12:00:00+00:00',
  },
});
const change = (parts: object) => ({
  created: false,
  closed: false,
  forced: false,
  truncated: false,
  old: state('main', SHA.a),
  new: state('main', SHA.b),
  ...parts,
});
const pushOf = (...changes: object[]) => ({ actor, repository, push: { changes } });

const pullRequest = (parts: object = {}) => ({
  actor,
  repository,
  pullrequest: {
    type: 'pullrequest',
    id: 6,
    title: 'A feature',
    state: 'OPEN',
    draft: true,
    links: { html: { href: 'https://bitbucket.org/harbor/site/pull-requests/6' } },
    source: { branch: { name: 'feature' }, commit: { hash: 'ed0e0bfd9a94' }, repository },
    destination: { branch: { name: 'main' }, commit: { hash: '49cb0fd6590a' }, repository },
    ...parts,
  },
});

const read = (key: string, body: unknown) =>
  parseEvent('bitbucket', new Headers({ 'X-Event-Key': key }), body);
const readAll = (body: unknown) =>
  parseEvents('bitbucket', new Headers({ 'X-Event-Key': 'repo:push' }), body);

describe('the signature of Bitbucket', () => {
  const body = new TextEncoder().encode(JSON.stringify(pushOf(change({}))));
  const signed = (secret: string) =>
    new Headers({ 'X-Hub-Signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` });

  it('is right with any of the secrets', () => {
    expect(verify('bitbucket', signed('new'), body, ['old', 'new'])).toBe(true);
  });

  it('is refused from another secret, over other bytes, missing or malformed', () => {
    expect(verify('bitbucket', signed('other'), body, ['old', 'new'])).toBe(false);
    expect(verify('bitbucket', signed('new'), new Uint8Array([...body, 10]), ['new'])).toBe(false);
    expect(verify('bitbucket', new Headers(), body, ['new'])).toBe(false);
    const right = signed('new').get('X-Hub-Signature') ?? '';
    for (const wrong of [
      '',
      'sha256=',
      right.slice(7),
      right.toUpperCase(),
      `${right}0`,
      right.replace('256', '1'),
    ])
      expect(verify('bitbucket', new Headers({ 'X-Hub-Signature': wrong }), body, ['new']), wrong).toBe(
        false,
      );
    // The header of GitHub isn't Bitbucket's.
    expect(verify('bitbucket', new Headers({ 'X-Hub-Signature-256': right }), body, ['new'])).toBe(false);
  });

  it('belongs to a request with an id', () => {
    expect(gitHost('bitbucket').deliveryId(new Headers({ 'X-Request-UUID': 'r', 'X-Hook-UUID': 'h' }))).toBe(
      'r',
    );
  });
});

describe('a push to Bitbucket', () => {
  it('names the branch, commits and sender, and no paths', () => {
    expect(readAll(pushOf(change({})))).toEqual([
      {
        kind: 'push',
        repository: {
          provider: 'bitbucket',
          id: 'bitbucket.org/{1d29d34f-f8a1-4c3d-8269-f5d46bb6ca43}',
          keys: ['bitbucket.org/harbor/site'],
          fullName: 'harbor/Site',
          url: 'https://bitbucket.org/harbor/site.git',
          defaultBranch: null,
        },
        ref: { kind: 'branch', name: 'main' },
        before: SHA.a,
        after: SHA.b,
        forced: false,
        head: { message: 'At main\n', author: 'Mara Lind' },
        changed: { known: false, reason: 'Bitbucket lists no paths' },
        sender: 'mara',
      },
    ]);
  });

  it('of several refs is several events, in order', () => {
    const events = readAll(
      pushOf(
        change({ forced: true }),
        change({ old: null, new: state('feature', SHA.b), created: true }),
        change({ old: state('gone', SHA.a), new: null, closed: true }),
        change({ old: null, new: state('v1.0', SHA.b, 'tag') }),
      ),
    );
    expect(events).toMatchObject([
      { ref: { name: 'main' }, forced: true },
      { ref: { name: 'feature' }, before: null, after: SHA.b },
      { ref: { name: 'gone' }, before: SHA.a, after: null, head: null },
      { ref: { kind: 'tag', name: 'v1.0' }, after: SHA.b },
    ]);
  });

  it('of something else is ignored beside what is not', () => {
    const events = readAll(
      pushOf(change({ old: null, new: null }), change({ new: state('x', SHA.b, 'bookmark') }), change({})),
    );
    expect(events.map(({ kind }) => kind)).toEqual(['ignored', 'ignored', 'push']);
    expect(readAll(pushOf())).toEqual([]);
    expect(read('repo:push', pushOf())).toMatchObject({ kind: 'ignored' });
  });

  it('is refused without what it needs', () => {
    const broken = [
      null,
      {},
      { ...pushOf(), repository: {} },
      pushOf(change({ new: state('main', 'ed0e0bfd9a94') })),
    ];
    for (const body of broken)
      expect(() => readAll(body), JSON.stringify(body)).toThrow(/payload of a repo:push event/);
  });
});

describe('a pull request of Bitbucket', () => {
  it('is opened, updated, merged and declined', () => {
    expect(read('pullrequest:created', pullRequest())).toMatchObject({
      kind: 'pull_request',
      action: 'opened',
      pullRequest: {
        number: 6,
        fork: false,
        draft: true,
        head: { branch: 'feature', sha: 'ed0e0bfd9a94', repoUrl: 'https://bitbucket.org/harbor/site.git' },
        base: { branch: 'main' },
      },
      sender: 'mara',
    });
    expect(read('pullrequest:updated', pullRequest())).toMatchObject({ action: 'synchronize' });
    expect(read('pullrequest:fulfilled', pullRequest())).toMatchObject({ action: 'closed' });
    expect(read('pullrequest:rejected', pullRequest())).toMatchObject({ action: 'closed' });
    expect(read('pullrequest:approved', pullRequest())).toMatchObject({ kind: 'ignored' });
  });

  it('from another repository is from a fork, also when that is gone', () => {
    const source = pullRequest().pullrequest.source;
    expect(
      read('pullrequest:created', pullRequest({ source: { ...source, repository: fork } })),
    ).toMatchObject({
      pullRequest: { fork: true, head: { repoUrl: 'https://bitbucket.org/mara/site.git' } },
    });
    expect(
      read('pullrequest:created', pullRequest({ source: { ...source, repository: null } })),
    ).toMatchObject({
      pullRequest: { fork: true, head: { repoUrl: null } },
    });
  });
});

describe('other events of Bitbucket', () => {
  it('a renamed repository says where it was', () => {
    const renamed = { actor, repository, changes: { full_name: { new: 'harbor/site', old: 'harbor/old' } } };
    expect(read('repo:updated', renamed)).toMatchObject({
      kind: 'repository',
      repository: { keys: ['bitbucket.org/harbor/site'] },
      was: ['bitbucket.org/harbor/old'],
    });
    const described = { actor, repository, changes: { description: { new: 'b', old: 'a' } } };
    expect(read('repo:updated', described)).toMatchObject({ kind: 'ignored' });
  });

  it('are a ping or ignored, whatever is in them', () => {
    expect(read('diagnostics:ping', { test: true })).toEqual({ kind: 'ping' });
    for (const key of ['repo:fork', 'toString', '__proto__'])
      expect(read(key, null).kind, key).toBe('ignored');
    expect(parseEvent('bitbucket', new Headers(), pushOf()).kind).toBe('ignored');
  });
});
