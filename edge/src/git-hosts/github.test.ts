import { isAppFluxError } from '@appflux/protocol';
import { describe, expect, it } from 'vitest';
import {
  deletedPayload,
  githubRequest,
  pullRequestPayload,
  pushPayload,
  SECRET,
} from '../triggers/testing/deliver.ts';
import { bounded } from './bounded.ts';
import type { PushEvent } from './event.ts';
import { github, installationIdOf } from './github.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
const parse = (event: string, body: unknown) => github.parse(new Headers({ 'X-GitHub-Event': event }), body);
const push = (more: Partial<Parameters<typeof pushPayload>[0]> = {}) =>
  parse('push', pushPayload({ before: A, after: B, ...more })) as PushEvent;

describe("GitHub's push", () => {
  it('names the branch, its commits, who pushed and what changed', () => {
    expect(push({ branch: 'feature/a' })).toEqual({
      kind: 'push',
      repository: {
        provider: 'github',
        id: '186853002',
        keys: ['github.com/octo/site'],
        fullName: 'octo/site',
        url: 'https://github.com/octo/site.git',
        defaultBranch: 'main',
      },
      ref: { kind: 'branch', name: 'feature/a' },
      before: A,
      after: B,
      forced: false,
      head: { message: 'Change the page', author: 'ada' },
      changed: { known: true, paths: ['index.html'] },
      sender: 'ada',
    });
  });

  it('has no commit before or after what is new or deleted', () => {
    expect(parse('push', pushPayload({ after: B }))).toMatchObject({ before: null, after: B });
    expect(parse('push', deletedPayload('main', A))).toMatchObject({ before: A, after: null, head: null });
  });

  it('of an annotated tag leads to the commit, not to the tag', () => {
    const head = { id: C, message: 'Release' };
    expect(push({ ref: 'refs/tags/v1', after: B, head_commit: head })).toMatchObject({
      ref: { kind: 'tag', name: 'v1' },
      after: C,
    });
  });

  it.each([
    ['it was forced', { forced: true }],
    ['no commits are listed', { commits: [] }],
    ['commits have no paths', { commits: [{}] }],
    ['the list is cut off', { commits: Array(2048).fill({ added: [], removed: [], modified: [] }) }],
  ])('has unknown changes if %s', (_why, more) => {
    expect(push(more).changed.known).toBe(false);
  });

  it('has unknown changes if they are more than 300 files', () => {
    const added = (count: number) => [
      { added: Array.from({ length: count }, (_, at) => `f${at}`), removed: [], modified: [] },
    ];
    expect(bounded(push({ commits: added(300) })).changed.known).toBe(true);
    expect(bounded(push({ commits: added(301) })).changed.known).toBe(false);
  });

  it('is bounded in bytes, as rows are', () => {
    expect(() => bounded(push({ ref: `refs/heads/${'枝'.repeat(400_000)}` }))).toThrow('too large');
    const paths = [{ added: ['枝'.repeat(200_000)], removed: [], modified: [] }];
    expect(bounded(push({ commits: paths })).changed.known).toBe(false);
  });

  it('is ignored for other refs', () => {
    for (const ref of ['refs/notes/x', 'main', 'refs/heads/', 'refs/pull/7/head'])
      expect(push({ ref }).kind, ref).toBe('ignored');
  });
});

describe("GitHub's pull request", () => {
  const pull = (more: Partial<Parameters<typeof pullRequestPayload>[0]> = {}) =>
    parse('pull_request', pullRequestPayload({ head: B, ...more }));

  it('with an unknown action changes nothing, whatever its name', () => {
    for (const action of ['labeled', 'constructor', '__proto__'])
      expect(pull({ action }), action).toMatchObject({ action: 'other' });
  });

  it('names its head and base', () => {
    expect(pull({ action: 'synchronize', before: C })).toMatchObject({
      kind: 'pull_request',
      action: 'synchronize',
      before: C,
      pullRequest: {
        number: 7,
        fork: false,
        head: { branch: 'feature', sha: B },
        base: { branch: 'main', sha: A },
      },
    });
  });

  it('is from a fork if its head is in another repository, or in none any more', () => {
    const fork = (of: unknown) => pull({ fork: of as { id: number; clone_url: string } });
    expect(fork({ id: 5, clone_url: 'https://github.com/eve/site.git' })).toMatchObject({
      pullRequest: { fork: true, head: { repoUrl: 'https://github.com/eve/site.git' } },
    });
    const payload = pullRequestPayload({ head: B });
    const gone = { ...payload.pull_request, head: { ...payload.pull_request.head, repo: null } };
    expect(parse('pull_request', { ...payload, pull_request: gone })).toMatchObject({
      pullRequest: { fork: true, head: { repoUrl: null } },
    });
  });

  it('has a title of 300 characters at most, and a URL that a page may link to', () => {
    const long = pull({ title: '😀'.repeat(300) });
    expect(long.kind === 'pull_request' && long.pullRequest.title.length).toBeLessThanOrEqual(300);
    const payload = pullRequestPayload({ head: B });
    const unsafe = { ...payload.pull_request, html_url: 'javascript:alert(1)' };
    expect(() => bounded(parse('pull_request', { ...payload, pull_request: unsafe }))).toThrow(/invalid/);
  });
});

describe('other events of GitHub', () => {
  it('are read as far as they matter', () => {
    const { repository, sender } = pushPayload({ after: B });
    const check = (external: string | null) => ({ head_sha: B, external_id: external });
    const id = '0123456789abcdef01234567';
    const asked = { action: 'rerequested', check_run: check(id), repository, sender };
    expect(parse('check_run', asked)).toMatchObject({ kind: 'redeploy', deploymentId: id, sha: B });
    expect(parse('check_run', { ...asked, check_run: check('../x') })).toMatchObject({ deploymentId: null });
    expect(parse('check_run', { ...asked, action: 'created' }).kind).toBe('ignored');
    const renamed = { action: 'renamed', changes: { repository: { name: { from: 'old' } } }, repository };
    expect(parse('repository', renamed)).toMatchObject({ was: ['github.com/octo/old'] });
    const owner = { from: { organization: { login: 'acme' } } };
    expect(parse('repository', { action: 'transferred', changes: { owner }, repository })).toMatchObject({
      was: ['github.com/acme/site'],
    });
    expect(parse('ping', {}).kind).toBe('ping');
    expect(
      parse('installation', { action: 'created', installation: { id: 9, account: { login: 'octo' } } }),
    ).toMatchObject({ action: 'created', installationId: '9', account: 'octo' });
    expect(parse('star', {}).kind).toBe('ignored');
    expect(parse('', {}).kind).toBe('ignored');
    expect(installationIdOf({ installation: { id: 9 } })).toBe('9');
    for (const none of [{}, null, 'x', { installation: { id: 'x' } }])
      expect(installationIdOf(none)).toBe(null);
  });

  it('are refused, and no server error, if they are not what their event has', () => {
    for (const event of ['push', 'pull_request', 'check_run', 'repository', 'installation'])
      for (const body of [null, 0, 'x', [], {}, { ref: 7 }, pushPayload({ after: 'B'.repeat(40) })]) {
        if (event !== 'push' && typeof body === 'object' && body !== null && 'commits' in body) continue;
        let code: string | null = null;
        try {
          parse(event, body);
        } catch (error) {
          code = isAppFluxError(error) ? error.code : String(error);
        }
        expect(code, `${event} ${JSON.stringify(body)}`).toBe('unprocessable');
      }
  });
});

describe("GitHub's signature", () => {
  it('is over the raw bytes, in its strict form', () => {
    const init = githubRequest({ event: 'push', payload: '{"a":1}' });
    const headers = (signature: string | null) =>
      new Headers(signature === null ? {} : { 'X-Hub-Signature-256': signature });
    const raw = new TextEncoder().encode('{"a":1}');
    const signature = new Headers(init.headers).get('X-Hub-Signature-256') ?? '';
    expect(github.verify(headers(signature), raw, ['other', SECRET])).toBe(true);
    expect(github.verify(headers(signature), new TextEncoder().encode('{"a": 1}'), [SECRET])).toBe(false);
    for (const wrong of [
      null,
      '',
      'sha256=',
      signature.slice(7),
      signature.toUpperCase(),
      `sha1=${signature.slice(7)}`,
      `${signature},${signature}`,
    ])
      expect(github.verify(headers(wrong), raw, [SECRET]), String(wrong)).toBe(false);
  });
});
