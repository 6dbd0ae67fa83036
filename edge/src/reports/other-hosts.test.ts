import { describe, expect, it, test } from 'vitest';
import { bitbucketClient, inBitbucketMarkdown } from './bitbucket-client.ts';
import { giteaClient } from './gitea-client.ts';
import { gitlabClient } from './gitlab-client.ts';
import { type HostClient, HostRefusal, type ReportFacts, type ReportState } from './host-client.ts';
import {
  BITBUCKET,
  type Dialect,
  GITEA,
  GITLAB,
  type HostDouble,
  hostDouble,
} from './testing/host-double.ts';
import { sampleFacts } from './testing/sample-facts.ts';
import { commentBody, commentMarker } from './text.ts';

const TOKEN = 'token-of-the-tests-0123456789';
const MARKER = commentMarker('0e2f8a64-9f5c-4a8b-8f0d-1f2e3d4c5b6a');
const at = (webUrl: string, fullName = 'harbor/site') => ({ webUrl, fullName });

const HOSTS: [string, Dialect, (network: typeof fetch) => HostClient][] = [
  [
    'Gitea',
    GITEA,
    (network) =>
      giteaClient({ name: 'Gitea', repository: at('https://git.example.com'), token: TOKEN, network }),
  ],
  [
    'GitLab',
    GITLAB,
    (network) =>
      gitlabClient({
        repository: at('https://gitlab.example.com', 'harbor/web/site'),
        token: TOKEN,
        network,
      }),
  ],
  [
    'Bitbucket',
    BITBUCKET,
    (network) =>
      bitbucketClient({ repository: at('https://bitbucket.org'), username: null, token: TOKEN, network }),
  ],
];

const facts = (change: Partial<ReportFacts> = {}) => sampleFacts(change);

const refusalOf = async (work: Promise<unknown>): Promise<HostRefusal> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof HostRefusal) return error;
  throw new Error(`Not refused: ${String(error)}`);
};

describe.each(HOSTS)('the comment on a pull request of %s', (name, dialect, open) => {
  const start = (): { host: HostDouble; client: HostClient } => {
    const host = hostDouble(dialect);
    return { host, client: open(host.network) };
  };
  const shown = name === 'Bitbucket' ? inBitbucketMarkdown(MARKER) : MARKER;
  const write = (client: HostClient, text: string, known: string | null = null) =>
    client.comment(7, MARKER, `${MARKER}\n${text}`, known);

  it('is made once and then edited', async () => {
    const { host, client } = start();
    const id = await write(client, 'one');
    expect(await write(client, 'two', id)).toBe(id);
    expect(host.comments).toEqual([{ id: Number(id), author: dialect.account, body: `${shown}\ntwo` }]);
  });

  it('is not repeated after its answer was lost', async () => {
    const { host, client } = start();
    host.fail('POST 7', 'lost');
    expect((await refusalOf(write(client, 'one'))).kind).toBe('later');
    const id = await write(client, 'two');
    expect(host.comments).toHaveLength(1);
    expect(host.comments[0]).toMatchObject({ id: Number(id), body: `${shown}\ntwo` });
  });

  it('is found behind many others', async () => {
    const { host, client } = start();
    for (let id = 1; id <= 150; id += 1) host.comments.push({ id, author: '99', body: 'Looks good' });
    host.comments.push({ id: 151, author: dialect.account, body: `${shown}\none` });
    expect(await write(client, 'two')).toBe('151');
    expect(host.comments).toHaveLength(151);
  });

  it('is created again after someone deleted it', async () => {
    const { host, client } = start();
    const id = await write(client, 'one');
    host.comments.length = 0;
    expect(await write(client, 'two', id)).not.toBe(id);
    expect(host.comments).toHaveLength(1);
  });

  it('of another account stays as it is, whatever it begins with', async () => {
    const { host, client } = start();
    host.comments.push({ id: 1, author: '99', body: `${shown}\nnot ours` });
    const id = await write(client, 'one');
    expect(id).not.toBe('1');
    expect(host.comments[0]?.body).toBe(`${shown}\nnot ours`);
    // Without the permission to read its own account, the host decides which comment it may edit.
    host.fail('GET /user', () => Response.json({ message: 'insufficient scope' }, { status: 403 }));
    expect(await write(client, 'two')).toBe(id);
    expect(host.comments).toHaveLength(2);
  });

  it('that only mentions the marker is not it', async () => {
    const { host, client } = start();
    host.comments.push({ id: 1, author: dialect.account, body: `> ${shown}\nquoted` });
    expect(await write(client, 'one')).not.toBe('1');
    expect(host.comments).toHaveLength(2);
  });
});

describe.each(HOSTS)('the status of a commit at %s', (name, dialect, open) => {
  it('goes from queued to the end under one name', async () => {
    const host = hostDouble(dialect);
    const client = open(host.network);
    const states: ReportState[] = ['queued', 'building', 'success'];
    for (const state of states) await client.setStatus(facts({ state }), null);
    const names = new Set(host.statuses.map((status) => status.context ?? status.name));
    expect([...names]).toHaveLength(1);
    expect(host.statuses.at(-1)).toMatchObject({
      state: name === 'Bitbucket' ? 'SUCCESSFUL' : 'success',
      description: expect.stringMatching(/^Ready/),
    });
    expect(host.received[0]?.path).toContain(facts().commit);
  });

  it('is set again after its answer was lost', async () => {
    const host = hostDouble(dialect);
    const client = open(host.network);
    host.fail('POST statuses', 'lost');
    expect((await refusalOf(client.setStatus(facts({ state: 'queued' }), null))).kind).toBe('later');
    await client.setStatus(facts({ state: 'queued' }), null);
    expect(host.statuses.at(-1)).toMatchObject({ state: name === 'Bitbucket' ? 'INPROGRESS' : 'pending' });
  });

  it('has a state of the host for each of ours', async () => {
    const host = hostDouble(dialect);
    const client = open(host.network);
    const all: ReportState[] = ['queued', 'approval', 'building', 'success', 'failed', 'canceled', 'skipped'];
    for (const state of all) {
      const slug = `app-${state}`;
      await client.setStatus(facts({ state, app: { id: '1'.repeat(24), slug, name: 'App' } }), null);
    }
    const states = host.statuses.map(({ state }) => state);
    expect(states).toHaveLength(all.length);
    // What failed is never shown as what succeeded, and the reverse.
    expect(states[3]).toBe(states[6]);
    expect(new Set([states[0], states[3], states[4], states[5]]).size).toBe(4);
  });
});

describe.each(HOSTS)('a fault of %s', (_, dialect, open) => {
  const refused = async (fault: () => Response) => {
    const host = hostDouble(dialect);
    host.fail('POST statuses', fault);
    return refusalOf(open(host.network).setStatus(facts(), null));
  };
  const answer =
    (status: number, headers: Record<string, string> = {}, body: unknown = { message: 'no' }) =>
    () =>
      Response.json(body, { status, headers });

  test('is a limit with its end', async () => {
    const before = Date.now();
    const told = await refused(answer(429, { 'Retry-After': '30' }));
    expect(told.kind).toBe('limited');
    expect(told.retryAt).toBeGreaterThanOrEqual(before + 30_000);
    const reset = Math.ceil(before / 1000) + 90;
    const headers = { 'RateLimit-Reset': String(reset) };
    expect((await refused(answer(429, headers))).retryAt).toBeGreaterThanOrEqual(reset * 1000 - 1000);
    expect((await refused(answer(429))).retryAt).toBeGreaterThanOrEqual(before + 60_000);
    // A limit without end would stop everything.
    expect((await refused(answer(429, { 'Retry-After': '999999999' }))).retryAt).toBeLessThan(
      before + 3 * 3600_000,
    );
  });

  test.each([
    [401, 'token'],
    [403, 'final'],
    [404, 'final'],
    [408, 'later'],
    [500, 'later'],
    [502, 'later'],
    [302, 'final'],
  ])('%i is %s', async (status, kind) => {
    expect((await refused(answer(status))).kind).toBe(kind);
  });

  test('that is a page of a proxy is tried again later', async () => {
    const page = '<html>Sign in</html>';
    expect((await refused(() => new Response(page, { status: 200 }))).kind).toBe('later');
    expect((await refused(() => new Response(page, { status: 503 }))).kind).toBe('later');
  });

  test('never says the token', async () => {
    const error = await refused(answer(403, {}, { message: `Bad token ${TOKEN}\nof you` }));
    expect(error.message).toContain('Bad token');
    expect(error.message).not.toContain(TOKEN);
    expect(error.message).not.toContain('\n');
  });
});

describe('the requests', () => {
  test('carry the token in a header and in no URL', async () => {
    for (const [, dialect, open] of HOSTS) {
      const host = hostDouble(dialect);
      await open(host.network).setStatus(facts(), null);
      expect(host.received[0]?.authorization).toMatch(new RegExp(`^(?:token|Bearer) ${TOKEN}$`));
      expect(JSON.stringify(host.received.map(({ path }) => path))).not.toContain(TOKEN);
    }
  });

  test('of an account of Bitbucket carry its email', async () => {
    const host = hostDouble(BITBUCKET);
    const repository = at('https://bitbucket.org');
    const { network } = host;
    const client = bitbucketClient({ repository, username: 'mara@example.com', token: TOKEN, network });
    await client.setStatus(facts(), null);
    expect(host.received[0]?.authorization).toBe(`Basic ${btoa(`mara@example.com:${TOKEN}`)}`);
  });

  test('do not go to another host for the next page', async () => {
    const host = hostDouble({
      ...BITBUCKET,
      list: () => ({ values: [], next: 'https://evil.example/2.0/comments' }),
    });
    const { network } = host;
    const client = bitbucketClient({
      repository: at('https://bitbucket.org'),
      username: null,
      token: TOKEN,
      network,
    });
    expect((await refusalOf(client.comment(7, MARKER, MARKER, null))).kind).toBe('final');
    expect(host.received.every(({ path }) => path.startsWith('/2.0/'))).toBe(true);
  });

  test('stay below the repository, whatever its name', async () => {
    const host = hostDouble(GITEA);
    const { network } = host;
    const client = (fullName: string) =>
      giteaClient({
        name: 'Gitea',
        repository: at('https://git.example.com', fullName),
        token: TOKEN,
        network,
      });
    await client('a?b/c#d').setStatus(facts(), null);
    expect(host.received[0]?.path).toMatch(/^\/api\/v1\/repos\/a%3Fb\/c%23d\/statuses\//);
    expect((await refusalOf(client('../..').setStatus(facts(), null))).kind).toBe('final');
  });
});

describe('a comment in Bitbucket’s Markdown', () => {
  it('has no HTML in it', () => {
    const body = commentBody(MARKER, [
      facts({ state: 'success', app: { id: '1'.repeat(24), slug: 'web', name: '<b>Web</b> | <!-- x -->' } }),
    ]);
    expect(body).toMatch(/<details>/);
    const text = inBitbucketMarkdown(body);
    expect(text.startsWith('[//]: # (appflux:')).toBe(true);
    expect(text).toContain('![QR code](');
    expect(text).not.toMatch(/<\/?(?:details|summary|img|b)\b|<!--/);
    // What is changed is what AppFlux wrote: the name stays escaped.
    expect(text).toContain('&#60;b&#62;Web&#60;&#47;b&#62;');
  });
});
