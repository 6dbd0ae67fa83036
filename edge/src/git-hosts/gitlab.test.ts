/** Payloads in the form of GitLab's documentation, with what the events need and more. */
import { createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { gitHost, parseEvent, verify } from './index.ts';

const ZEROS = '0'.repeat(40);
const SHA = { a: 'a'.repeat(40), b: 'b'.repeat(40), tag: 'c'.repeat(40) };

const project = {
  id: 15,
  name: 'Harbor',
  web_url: 'https://gitlab.example.com/group/sub/harbor',
  git_ssh_url: 'git@gitlab.example.com:group/sub/harbor.git',
  git_http_url: 'https://gitlab.example.com/group/sub/harbor.git',
  namespace: 'Sub',
  visibility_level: 0,
  path_with_namespace: 'group/sub/harbor',
  default_branch: 'main',
};
const fork = {
  ...project,
  web_url: 'https://gitlab.example.com/mara/harbor',
  git_http_url: 'https://gitlab.example.com/mara/harbor.git',
  path_with_namespace: 'mara/harbor',
};

const commit = (id: string, message: string, paths: object = {}) => ({
  id,
  message,
  title: message,
  timestamp: '2026-11-29T12:00:00+00:00',
  url: `${project.web_url}/-/commit/${id}`,
  author: { name: 'Mara', email: '[REDACTED]' },
  added: [],
  modified: [],
  removed: [],
  ...paths,
});

const push = {
  object_kind: 'push',
  event_name: 'push',
  before: SHA.a,
  after: SHA.b,
  ref: 'refs/heads/main',
  ref_protected: true,
  checkout_sha: SHA.b,
  user_id: 4,
  user_name: 'Mara Lind',
  user_username: 'mara',
  project_id: 15,
  project,
  commits: [
    commit('d'.repeat(40), 'First', { added: ['docs/a.md'] }),
    commit(SHA.b, 'Second', { modified: ['docs/a.md', 'src/index.ts'], removed: ['old.ts'] }),
  ],
  total_commits_count: 2,
  push_options: {},
};

const mergeRequest = (change: object = {}) => ({
  object_kind: 'merge_request',
  event_type: 'merge_request',
  user: { id: 1, name: 'Mara Lind', username: 'mara' },
  project,
  object_attributes: {
    id: 99,
    iid: 7,
    target_branch: 'main',
    source_branch: 'feature',
    source_project_id: 15,
    target_project_id: 15,
    title: 'A feature',
    state: 'opened',
    draft: false,
    url: `${project.web_url}/-/merge_requests/7`,
    source: project,
    target: project,
    last_commit: commit(SHA.b, 'Second [skip ci]'),
    action: 'open',
    ...change,
  },
});

const read = (body: unknown, headers: Record<string, string> = {}) =>
  parseEvent('gitlab', new Headers(headers), body);

const body = new TextEncoder().encode(JSON.stringify(push));

describe('the secret token of GitLab', () => {
  const withToken = (token: string) => new Headers({ 'X-Gitlab-Token': token });

  it('is one of the secrets', () => {
    expect(verify('gitlab', withToken('new'), body, ['old', 'new'])).toBe(true);
  });

  it('is refused when it is another, part of one, or missing', () => {
    for (const token of ['ne', 'new2', 'NEW', ''])
      expect(verify('gitlab', withToken(token), body, ['old', 'new', '']), token).toBe(false);
    expect(verify('gitlab', withToken('new'), body, [])).toBe(false);
    expect(verify('gitlab', new Headers(), body, ['new', ''])).toBe(false);
  });
});

describe('the signing token of GitLab', () => {
  const key = Buffer.alloc(32, 7);
  const token = `whsec_${key.toString('base64')}`;
  const now = 1_795_000_000;
  const sign = (signed: { id?: string; at?: number; body?: Uint8Array; key?: Buffer } = {}) => {
    const { id = 'msg-1', at = now } = signed;
    const hmac = createHmac('sha256', signed.key ?? key)
      .update(`${id}.${at}.`)
      .update(signed.body ?? body);
    return new Headers({
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${hmac.digest('base64')}`,
    });
  };
  const check = (headers: Headers, secrets = ['plain', token], bytes = body) => {
    vi.useFakeTimers({ now: now * 1000 });
    try {
      return verify('gitlab', headers, bytes, secrets);
    } finally {
      vi.useRealTimers();
    }
  };

  it('signs the id, the time and the bytes', () => {
    expect(check(sign())).toBe(true);
    const rotated = sign();
    rotated.set(
      'webhook-signature',
      `v1,${Buffer.alloc(32).toString('base64')} ${sign().get('webhook-signature')}`,
    );
    expect(check(rotated)).toBe(true);
  });

  it('is refused from another key, over other bytes, for another id', () => {
    expect(check(sign({ key: Buffer.alloc(32, 8) }))).toBe(false);
    expect(check(sign(), ['plain', token], new Uint8Array([...body, 32]))).toBe(false);
    const replayed = sign();
    replayed.set('webhook-id', 'msg-2');
    expect(check(replayed)).toBe(false);
    expect(check(sign(), ['plain'])).toBe(false);
    expect(check(sign({ key: Buffer.from(token) }))).toBe(false);
  });

  it('is refused when it is older than five minutes, or from the future', () => {
    expect(check(sign({ at: now - 299 }))).toBe(true);
    expect(check(sign({ at: now - 301 }))).toBe(false);
    expect(check(sign({ at: now + 301 }))).toBe(false);
    const later = sign({ at: now - 301 });
    later.set('webhook-timestamp', String(now));
    expect(check(later)).toBe(false);
  });

  it('is refused when a header is missing or malformed', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      for (const value of [null, '', 'x', 'v1,', 'v2,AAAA', 'NaN', 'Infinity', '1e9']) {
        const headers = sign();
        if (value === null) headers.delete(name);
        else headers.set(name, value);
        expect(check(headers), `${name}: ${value}`).toBe(false);
      }
    }
  });

  it('works as the secret token as well', () => {
    expect(check(new Headers({ 'X-Gitlab-Token': token }))).toBe(true);
  });

  it('gives the delivery its id, which a retry repeats', () => {
    const { deliveryId } = gitHost('gitlab');
    expect(deliveryId(sign())).toBe('msg-1');
    expect(deliveryId(new Headers({ 'Idempotency-Key': 'k', 'X-Gitlab-Event-UUID': 'u' }))).toBe('k');
    expect(deliveryId(new Headers({ 'X-Gitlab-Event-UUID': 'u' }))).toBe('u');
    expect(deliveryId(new Headers({ 'X-Gitlab-Webhook-UUID': 'of the webhook' }))).toBeNull();
  });
});

describe('a push to GitLab', () => {
  it('names the branch, commits, paths and sender', () => {
    expect(read(push)).toEqual({
      kind: 'push',
      repository: {
        provider: 'gitlab',
        id: 'gitlab.example.com/15',
        keys: ['gitlab.example.com/group/sub/harbor'],
        fullName: 'group/sub/harbor',
        url: project.git_http_url,
        defaultBranch: 'main',
      },
      ref: { kind: 'branch', name: 'main' },
      before: SHA.a,
      after: SHA.b,
      forced: false,
      head: { message: 'Second', author: 'Mara' },
      changed: {
        known: false,
        reason: 'the host doesn’t say whether the push was forced',
        listed: ['docs/a.md', 'src/index.ts', 'old.ts'],
      },
      sender: 'mara',
    });
  });

  it('of more than twenty commits changes more paths than GitLab lists', () => {
    expect(read({ ...push, total_commits_count: 21 })).toMatchObject({ changed: { known: false } });
  });

  it('without commits has moved the branch back', () => {
    expect(read({ ...push, commits: [], total_commits_count: 0 })).toMatchObject({
      forced: true,
      head: null,
      changed: { known: false },
    });
  });

  it('creates and deletes branches', () => {
    expect(read({ ...push, before: ZEROS })).toMatchObject({ before: null, changed: { known: false } });
    expect(
      read({ ...push, after: ZEROS, checkout_sha: null, commits: [], total_commits_count: 0 }),
    ).toMatchObject({ after: null, forced: false });
  });

  it('of an annotated tag is one of its commit', () => {
    const tag = { ...push, object_kind: 'tag_push', ref: 'refs/tags/v1.0', before: ZEROS, after: SHA.tag };
    expect(read({ ...tag, commits: [], total_commits_count: 0 })).toMatchObject({
      ref: { kind: 'tag', name: 'v1.0' },
      after: SHA.b,
    });
  });

  it('is refused without what it needs', () => {
    for (const change of [{ ref: null }, { after: 'HEAD' }, { project: {} }, { commits: [{}] }])
      expect(() => read({ ...push, ...change }), JSON.stringify(change)).toThrow(/payload of a push event/);
    for (const other of [null, [], 'push']) expect(() => read(other)).toThrow(/payload/);
  });
});

describe('a merge request of GitLab', () => {
  it('is opened, with the message of its head commit', () => {
    expect(read(mergeRequest())).toMatchObject({
      kind: 'pull_request',
      action: 'opened',
      pullRequest: {
        number: 7,
        fork: false,
        head: { branch: 'feature', sha: SHA.b, repoUrl: project.git_http_url, message: 'Second [skip ci]' },
        base: { branch: 'main' },
        draft: false,
      },
      before: null,
      sender: 'mara',
    });
  });

  it.each([
    ['reopen', 'reopened'],
    ['close', 'closed'],
    ['merge', 'closed'],
    ['approved', 'other'],
    ['constructor', 'other'],
    [undefined, 'other'],
  ])('%s is %s', (action, expected) => {
    expect(read(mergeRequest({ action }))).toMatchObject({ action: expected });
  });

  it('an update is one of its commits only if there are others', () => {
    expect(read(mergeRequest({ action: 'update' }))).toMatchObject({ action: 'other' });
    expect(read(mergeRequest({ action: 'update', oldrev: SHA.a }))).toMatchObject({
      action: 'synchronize',
      before: SHA.a,
    });
  });

  it('from another project is from a fork, also when that is gone', () => {
    expect(read(mergeRequest({ source_project_id: 16, source: fork }))).toMatchObject({
      repository: { id: 'gitlab.example.com/15' },
      pullRequest: { fork: true, head: { repoUrl: fork.git_http_url } },
    });
    expect(read(mergeRequest({ source_project_id: null, source: null }))).toMatchObject({
      pullRequest: { fork: true, head: { repoUrl: null } },
    });
  });

  it('without commits is ignored', () => {
    expect(read(mergeRequest({ last_commit: null }))).toMatchObject({ kind: 'ignored' });
  });
});

describe('other events of GitLab', () => {
  it('a system hook says where a project was', () => {
    const rename = {
      event_name: 'project_rename',
      project_id: 15,
      path_with_namespace: 'group/port',
      old_path_with_namespace: 'group/harbor',
    };
    expect(read(rename, { 'X-Gitlab-Instance': 'https://gitlab.example.com' })).toMatchObject({
      kind: 'repository',
      repository: { id: 'gitlab.example.com/15', keys: ['gitlab.example.com/group/port'] },
      was: ['gitlab.example.com/group/harbor'],
    });
    expect(read(rename)).toMatchObject({ kind: 'ignored' });
    expect(read(rename, { 'X-Gitlab-Instance': 'javascript' })).toMatchObject({ kind: 'ignored' });
  });

  it('are ignored, whatever is in them', () => {
    for (const kind of ['pipeline', 'note', '__proto__', ''])
      expect(read({ object_kind: kind, project: null }).kind, kind).toBe('ignored');
    expect(read({})).toEqual({ kind: 'ignored', reason: 'The payload names no event' });
  });
});
