/** Deliveries that a Gitea 1.26 sent, with the headers and bytes that it sent; its secret was `webhook-secret`. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import createTag from '../../fixtures/gitea/create-tag.json' with { type: 'json' };
import deleteBranch from '../../fixtures/gitea/delete-branch.json' with { type: 'json' };
import deleteTag from '../../fixtures/gitea/delete-tag.json' with { type: 'json' };
import closed from '../../fixtures/gitea/pull-request-closed.json' with { type: 'json' };
import fromFork from '../../fixtures/gitea/pull-request-fork.json' with { type: 'json' };
import opened from '../../fixtures/gitea/pull-request-opened.json' with { type: 'json' };
import synchronized from '../../fixtures/gitea/pull-request-synchronized.json' with { type: 'json' };
import push from '../../fixtures/gitea/push.json' with { type: 'json' };
import annotatedTag from '../../fixtures/gitea/push-annotated-tag.json' with { type: 'json' };
import firstPush from '../../fixtures/gitea/push-first.json' with { type: 'json' };
import forcedPush from '../../fixtures/gitea/push-forced.json' with { type: 'json' };
import manyCommits from '../../fixtures/gitea/push-many.json' with { type: 'json' };
import renamed from '../../fixtures/gitea/push-renamed.json' with { type: 'json' };
import { parseEvent, verify } from './index.ts';

type Delivery = { headers: Readonly<Record<string, string | undefined>>; body: string };

const SECRET = 'webhook-secret';
const ALL = {
  createTag,
  deleteBranch,
  deleteTag,
  closed,
  fromFork,
  opened,
  synchronized,
  push,
  annotatedTag,
};

const headersOf = ({ headers }: Delivery): Headers => {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) result.set(name, value);
  return result;
};
const bytes = (text: string) => new TextEncoder().encode(text);
const read = (delivery: Delivery, change: object = {}) =>
  parseEvent('gitea', headersOf(delivery), { ...JSON.parse(delivery.body), ...change });

describe('the signature of Gitea', () => {
  it.each(Object.entries(ALL))('is right for %s', (_, delivery) => {
    expect(verify('gitea', headersOf(delivery), bytes(delivery.body), ['earlier', SECRET])).toBe(true);
  });

  it('is refused with other secrets, without any, and over other bytes', () => {
    const headers = headersOf(push);
    expect(verify('gitea', headers, bytes(push.body), ['another', 'Webhook-secret', ''])).toBe(false);
    expect(verify('gitea', headers, bytes(push.body), [])).toBe(false);
    expect(verify('gitea', headers, bytes(`${push.body} `), [SECRET])).toBe(false);
    expect(verify('gitea', headers, bytes(push.body.replace('owner', 'other')), [SECRET])).toBe(false);
    expect(verify('gitea', headers, bytes(firstPush.body), [SECRET])).toBe(false);
  });

  it('is refused when it is missing, empty or malformed', () => {
    for (const signature of [null, '', 'sha256=', `sha256=${'0'.repeat(64)}`, 'f'.repeat(63)]) {
      const headers = headersOf(push);
      headers.delete('x-hub-signature-256');
      if (signature === null) headers.delete('x-gitea-signature');
      else headers.set('x-gitea-signature', signature);
      expect(verify('gitea', headers, bytes(push.body), [SECRET]), String(signature)).toBe(false);
    }
  });

  it('decides alone: a right one in another header does not save a wrong one', () => {
    const headers = headersOf(push);
    headers.set('x-gitea-signature', '0'.repeat(64));
    expect(headers.get('x-hub-signature-256')).toMatch(/^sha256=/);
    expect(verify('gitea', headers, bytes(push.body), [SECRET])).toBe(false);
  });

  it('may be in the header that GitHub names', () => {
    const headers = headersOf(push);
    headers.delete('x-gitea-signature');
    expect(verify('gitea', headers, bytes(push.body), [SECRET])).toBe(true);
  });

  it('is not read from SHA-1', () => {
    const sha1 = createHmac('sha1', SECRET).update(push.body).digest('hex');
    const headers = new Headers({ 'X-Hub-Signature': `sha1=${sha1}` });
    expect(verify('gitea', headers, bytes(push.body), [SECRET])).toBe(false);
  });
});

describe('Forgejo', () => {
  const signature = createHmac('sha256', SECRET).update(push.body).digest('hex');

  it('signs in a header of its own', () => {
    const headers = new Headers({ 'X-Forgejo-Signature': signature });
    expect(verify('forgejo', headers, bytes(push.body), [SECRET])).toBe(true);
    // Another product's header says nothing about a delivery of Gitea.
    expect(verify('gitea', headers, bytes(push.body), [SECRET])).toBe(false);
    headers.set('X-Gitea-Signature', signature);
    headers.set('X-Forgejo-Signature', '0'.repeat(64));
    expect(verify('forgejo', headers, bytes(push.body), [SECRET])).toBe(false);
  });

  it('sends the payloads of Gitea', () => {
    const headers = new Headers({ 'X-Forgejo-Event': 'push', 'X-Forgejo-Delivery': 'id' });
    expect(parseEvent('forgejo', headers, JSON.parse(push.body))).toMatchObject({
      kind: 'push',
      repository: { provider: 'forgejo', fullName: 'owner/site' },
    });
  });
});

describe('a push to Gitea', () => {
  it('names the branch, commits, paths and sender', () => {
    expect(read(push)).toEqual({
      kind: 'push',
      repository: {
        provider: 'gitea',
        id: '127.0.0.1:39123/1',
        keys: ['127.0.0.1:39123/owner/site', '127.0.0.1:39124/owner/site'],
        fullName: 'owner/site',
        url: 'http://127.0.0.1:39123/owner/site.git',
        defaultBranch: 'main',
      },
      ref: { kind: 'branch', name: 'main' },
      before: JSON.parse(push.body).before,
      after: JSON.parse(push.body).after,
      forced: false,
      head: { message: 'Second page\n\nWith a body\n', author: 'owner' },
      changed: {
        known: false,
        reason: 'the host doesn’t say whether the push was forced',
        listed: ['index.html', 'docs/a.md'],
      },
      sender: 'owner',
    });
  });

  it('to a new branch has nothing to compare with', () => {
    expect(read(firstPush)).toMatchObject({ before: null, changed: { known: false } });
  });

  it('of more commits than Gitea lists changes more paths than it lists', () => {
    expect(read(manyCommits)).toMatchObject({
      head: { message: 'Commit 7\n' },
      changed: { known: false, reason: 'the list of commits is cut off' },
    });
  });

  it('that amends a commit looks like any other', () => {
    expect(read(forcedPush)).toMatchObject({ forced: false, changed: { known: false, listed: ['f.txt'] } });
  });

  it('that moves a branch back was forced, and changed what Gitea does not list', () => {
    const back = read(push, { commits: null, total_commits: 0 });
    expect(back).toMatchObject({ forced: true, changed: { known: false } });
  });

  it('of an annotated tag is one of its commit', () => {
    const { after, head_commit: head } = JSON.parse(annotatedTag.body);
    expect(after).not.toBe(head.id);
    expect(read(annotatedTag)).toMatchObject({
      ref: { kind: 'tag', name: 'v1.1.0' },
      before: null,
      after: head.id,
      head: { message: 'Amended\n' },
    });
  });

  it('of a deleted tag has no commit after it', () => {
    expect(read(deleteTag)).toMatchObject({ ref: { kind: 'tag', name: 'v1.0.0' }, after: null, head: null });
  });

  it('after a rename has the same id and another key', () => {
    const [was, is] = [read(push), read(renamed)];
    expect(is).toMatchObject({ repository: { fullName: 'owner/renamed' } });
    if (was.kind !== 'push' || is.kind !== 'push') throw new Error('not pushes');
    expect(is.repository.id).toBe(was.repository.id);
    expect(is.repository.keys).not.toEqual(was.repository.keys);
  });

  it('from the test button is a ping, with a commit or without', () => {
    const zeros = '0'.repeat(40);
    const sha = 'a'.repeat(40);
    expect(read(push, { before: zeros, after: zeros })).toEqual({ kind: 'ping' });
    expect(read(push, { before: sha, after: sha })).toEqual({ kind: 'ping' });
  });

  it('to another ref is ignored', () => {
    expect(read(push, { ref: 'refs/notes/commits' })).toMatchObject({ kind: 'ignored' });
  });

  it('is refused without what it needs', () => {
    for (const change of [
      { ref: 1 },
      { after: 'HEAD' },
      { after: 'A'.repeat(40) },
      { repository: null },
      { repository: { id: 'x' } },
    ])
      expect(() => read(push, change), JSON.stringify(change)).toThrow(/payload of a push event/);
    for (const body of [null, [], 'text', 1])
      expect(() => parseEvent('gitea', headersOf(push), body)).toThrow(/payload of a push event/);
  });
});

describe('other events of Gitea', () => {
  it('the deletion of a branch is a push to nothing', () => {
    expect(read(deleteBranch)).toMatchObject({
      kind: 'push',
      ref: { kind: 'branch', name: 'feature' },
      after: null,
    });
  });

  it('what is also sent as a push is ignored', () => {
    expect(read(createTag)).toMatchObject({ kind: 'ignored' });
    const headers = headersOf(deleteTag);
    headers.set('x-gitea-event', 'delete');
    const body = { ...JSON.parse(deleteBranch.body), ref_type: 'tag' };
    expect(parseEvent('gitea', headers, body)).toMatchObject({ kind: 'ignored' });
  });

  it('an unknown event or none is ignored, whatever its payload', () => {
    for (const event of ['issues', 'toString', '__proto__', ''])
      expect(parseEvent('gitea', new Headers({ 'X-Gitea-Event': event }), null).kind, event).toBe('ignored');
    expect(parseEvent('gitea', new Headers({ 'X-GitHub-Event': 'push' }), JSON.parse(push.body))).toEqual({
      kind: 'ignored',
      reason: 'The X-Gitea-Event header is missing',
    });
  });
});

describe('a pull request of Gitea', () => {
  it('is opened, gets commits and is closed', () => {
    const pullRequest = {
      number: 1,
      title: 'A feature | <b>bold</b>',
      url: 'http://127.0.0.1:39123/owner/site/pulls/1',
      fork: false,
      head: { branch: 'feature' },
      base: { branch: 'main' },
      draft: false,
    };
    expect(read(opened)).toMatchObject({ kind: 'pull_request', action: 'opened', pullRequest });
    expect(read(synchronized)).toMatchObject({ action: 'synchronize', pullRequest });
    expect(read(closed)).toMatchObject({ action: 'closed', pullRequest });
    for (const action of ['label_updated', 'constructor'])
      expect(read(closed, { action })).toMatchObject({ action: 'other' });
  });

  it('from a fork is one', () => {
    expect(read(fromFork)).toMatchObject({
      sender: 'contributor',
      pullRequest: { fork: true, head: { repoUrl: 'http://127.0.0.1:39123/contributor/site.git' } },
    });
  });

  it('of a fork that is gone is one as well', () => {
    const body = JSON.parse(fromFork.body);
    body.pull_request.head.repo = null;
    expect(parseEvent('gitea', headersOf(fromFork), body)).toMatchObject({
      pullRequest: { fork: true, head: { repoUrl: null } },
    });
  });

  it('pushed for review is not trusted, because anyone can', () => {
    const body = JSON.parse(opened.body);
    body.pull_request.head = { ...body.pull_request.head, label: '', ref: 'refs/pull/1/head' };
    expect(parseEvent('gitea', headersOf(opened), body)).toMatchObject({ pullRequest: { fork: true } });
  });

  it('whose branch was deleted still has its name', () => {
    const body = JSON.parse(closed.body);
    body.pull_request.head.ref = 'refs/pull/1/head';
    expect(parseEvent('gitea', headersOf(closed), body)).toMatchObject({
      pullRequest: { fork: false, head: { branch: 'feature' } },
    });
  });

  it('without a commit is ignored', () => {
    const body = JSON.parse(closed.body);
    body.pull_request.head.sha = '';
    expect(parseEvent('gitea', headersOf(closed), body)).toMatchObject({ kind: 'ignored' });
  });
});
