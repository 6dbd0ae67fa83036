/** A real Gitea on this machine: what AppFlux shows there of deployments, and what it asks there about a push. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { comparedPaths } from '../../edge/src/git-hosts/compared.ts';
import { giteaClient } from '../../edge/src/reports/gitea-client.ts';
import { type HostClient, HostRefusal } from '../../edge/src/reports/host-client.ts';
import { sampleFacts } from '../../edge/src/reports/testing/sample-facts.ts';
import { commentBody, commentMarker } from '../../edge/src/reports/text.ts';
import { findGitea } from '../../stack/gitea/install.ts';
import { type Gitea, startGitea } from '../../stack/gitea/serve.ts';

const program = await findGitea();

let gitea: Gitea;

beforeAll(async () => {
  if (program !== null) gitea = await startGitea(program);
});

beforeEach(({ skip }) => {
  if (program === null) skip('Gitea is not built on this machine');
});

afterAll(() => gitea?.stop());

interface Status {
  context: string;
  status: string;
  target_url: string;
}
interface Comment {
  id: number;
  body: string;
}

describe('a pull request', () => {
  const repository = '/repos/owner/shown';
  const marker = commentMarker('0e2f8a64-9f5c-4a8b-8f0d-1f2e3d4c5b6a');
  let client: HostClient;
  let commit: string;

  beforeAll(async () => {
    if (program === null) return;
    await gitea.api('POST', '/user/repos', { name: 'shown', auto_init: true, default_branch: 'main' });
    const file = { content: btoa('change'), message: 'Change', new_branch: 'topic' };
    const made = (await gitea.api('POST', `${repository}/contents/change.txt`, file)) as {
      commit: { sha: string };
    };
    commit = made.commit.sha;
    await gitea.api('POST', `${repository}/pulls`, { head: 'topic', base: 'main', title: 'Change' });
    client = clientWith(await gitea.createToken('reports', ['write:repository', 'write:issue', 'read:user']));
  });

  const clientWith = (token: string) =>
    giteaClient({
      name: 'Gitea',
      repository: { webUrl: gitea.url, fullName: 'owner/shown' },
      token,
      network: fetch,
    });
  const comments = async () => (await gitea.api('GET', `${repository}/issues/1/comments`)) as Comment[];

  it('has the state of its last deployment as the status of its commit', async () => {
    for (const state of ['queued', 'building', 'success'] as const) {
      await client.setStatus(sampleFacts({ commit, state }), null);
    }
    const combined = (await gitea.api('GET', `${repository}/commits/${commit}/status`)) as {
      state: string;
      statuses: Status[];
    };
    expect(combined).toMatchObject({
      state: 'success',
      statuses: [{ context: 'AppFlux / harbor (preview)', status: 'success' }],
    });
    expect(combined.statuses[0]?.target_url).toBe(sampleFacts().urls.site);
    for (const state of ['approval', 'failed', 'canceled', 'skipped'] as const) {
      await client.setStatus(sampleFacts({ commit, state }), null);
    }
  });

  it('has one comment, which is found again when its id was lost', async () => {
    const write = (text: string, known: string | null) =>
      client.comment(1, marker, `${marker}\n${text}`, known);
    const id = await write('one', null);
    expect(await write('two', id)).toBe(id);
    expect(await write('three', null)).toBe(id);
    expect((await comments()).map(({ body }) => body)).toEqual([`${marker}\nthree`]);
    await gitea.api('DELETE', `${repository}/issues/comments/${id}`);
    const next = await write('four', id);
    expect((await comments()).map((one) => String(one.id))).toEqual([next]);
  });

  it('keeps the comment that someone else began with the same marker', async () => {
    const other = { name: 'visitor', password: 'password-of-the-tests' };
    await gitea.api('POST', '/admin/users', {
      username: other.name,
      email: 'visitor@example.com',
      password: other.password,
      must_change_password: false,
    });
    const theirs = (await gitea.api(
      'POST',
      `${repository}/issues/1/comments`,
      { body: `${marker}\nnot ours` },
      other,
    )) as Comment;
    const id = await client.comment(1, marker, `${marker}\nfive`, null);
    expect(id).not.toBe(String(theirs.id));
    expect((await comments()).find((one) => one.id === theirs.id)?.body).toBe(`${marker}\nnot ours`);
  });

  it('shows names as text, whatever is in them', async () => {
    const name = '<img src=x onerror=alert(1)> **b** | `c` [d](https://evil.example) @visitor #1 --> ![e](f)';
    const app = { id: '1'.repeat(24), slug: 'hostile', name };
    const body = commentBody(marker, [sampleFacts({ app })]);
    const rendered = await fetch(`${gitea.url}/api/v1/markdown`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${btoa(`${gitea.owner.name}:${gitea.owner.password}`)}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ Text: body, Mode: 'comment', Context: 'owner/shown' }),
    });
    const html = await rendered.text();
    expect(rendered.status, html).toBe(200);
    const { site, log, qr } = sampleFacts().urls;
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(new Set(links)).toEqual(new Set([site, log, qr]));
    expect(html.match(/<img /g)).toHaveLength(1);
    expect(html).not.toMatch(/evil\.example"|onerror=[^a]|<strong>b|class="mention"|appflux:0e2f/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('is refused with why when the token may not write, is wrong, or there is nothing of the name', async () => {
    const reading = clientWith(await gitea.createToken('reading', ['read:repository']));
    const refusal = async (work: Promise<unknown>) => {
      const error = await work.catch((reason: unknown) => reason);
      return error instanceof HostRefusal ? error.kind : error;
    };
    const facts = sampleFacts({ commit });
    expect(await refusal(reading.setStatus(facts, null))).toBe('final');
    expect(await refusal(clientWith('0'.repeat(40)).setStatus(facts, null))).toBe('token');
    expect(await refusal(client.setStatus(sampleFacts({ commit: 'f'.repeat(40) }), null))).toBe('final');
    expect(await refusal(client.comment(99, marker, marker, null))).toBe('final');
  });

  it('gets its comment from a token that may not read its own account', async () => {
    const narrow = clientWith(await gitea.createToken('narrow', ['write:repository', 'write:issue']));
    const before = await comments();
    await narrow.comment(1, marker, `${marker}\nsix`, null);
    expect(await comments()).toHaveLength(before.length);
  });
});

describe('a comparison', () => {
  const repository = '/repos/owner/compared';

  /** Writes a file to a branch, or to a new one off another, and gives the commit. */
  async function write(file: string, branch: { branch: string; new_branch?: string }): Promise<string> {
    const made = (await gitea.api('POST', `${repository}/contents/${file}`, {
      content: btoa(file),
      message: `Add ${file}`,
      ...branch,
    })) as { commit: { sha: string } };
    return made.commit.sha;
  }

  const compare = (base: string, head: string, linear: boolean, token: string | null) =>
    comparedPaths(
      {
        provider: 'gitea',
        repoUrl: `${gitea.url}/owner/compared.git`,
        fullName: 'owner/compared',
        token,
        network: fetch,
      },
      { base, head, linear },
    );

  it('gives the paths of a push, and tells one that dropped commits', async () => {
    await gitea.api('POST', '/user/repos', {
      name: 'compared',
      private: true,
      auto_init: true,
      default_branch: 'main',
    });
    const first = await write('docs/first.md', { branch: 'main' });
    const second = await write('src/second.ts', { branch: 'main' });
    const other = await write('other.ts', { branch: 'main', new_branch: 'other' });
    const third = await write('third.ts', { branch: 'main' });
    const token = await gitea.createToken('comparing', ['read:repository']);
    expect(await compare(first, second, true, token)).toEqual({ known: true, paths: ['src/second.ts'] });
    // From `third` to `other`, `third` was dropped.
    expect(await compare(third, other, true, token)).toMatchObject({ known: false });
    expect(await compare('main', other, false, token)).toEqual({ known: true, paths: ['other.ts'] });
    expect(await compare('f'.repeat(40), other, true, token)).toBeNull();
    expect(await compare(first, second, true, null)).toBeNull();
  });
});
