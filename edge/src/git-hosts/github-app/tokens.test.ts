import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  BAD_CREDENTIALS,
  primaryLimit,
  UNAVAILABLE,
  UNICORN,
} from '../../../../stack/stand-ins/github-app/faults.ts';
import { metadataOf } from '../../metadata/index.ts';
import { forgetAll } from '../../testing/worker.ts';
import { connected, type TestGithub, testGithub } from '../testing/github.ts';
import { installationChanged } from './events.ts';
import { forgetToken, installationToken, requireToken } from './tokens.ts';

const TEAM = '0e2f8a64-9f5c-4a8b-8f0d-1f2e3d4c5b6a';
const OTHER = '7b1d9c2e-3f4a-4b5c-8d6e-9f0a1b2c3d4e';

beforeEach(forgetAll);

/** A GitHub with an organization of two repositories, one of which is covered, connected with TEAM. */
async function prepared(github: TestGithub) {
  await github.registered();
  const { repositories } = await github.control({
    repositories: [
      { owner: 'Octo-Org', name: 'Site' },
      { owner: 'Octo-Org', name: 'secret' },
    ],
  });
  const site = repositories[0]?.id ?? 0;
  const { installations } = await github.control({
    installations: [
      { account: 'Octo-Org', type: 'Organization', selection: 'selected', repositories: [site] },
    ],
  });
  const [installation] = installations;
  if (installation === undefined) throw new Error('no installation');
  return { installation, key: await connected(github, TEAM, installation) };
}

const made = async (github: TestGithub) =>
  (await github.control()).calls.filter(({ call }) => call.endsWith('/access_tokens'));

test('a token is for one repository and may only read its contents', async () => {
  using github = testGithub();
  await prepared(github);
  const token = await installationToken(env, TEAM, github.repoKey('octo-org/site'));
  expect(token).toMatch(/^ghs_/);
  const asked = (repository: string, method = 'GET', path = 'branches') =>
    fetch(`${env.GITHUB_API_URL}/repos/${repository}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'User-Agent': 'test' },
      ...(method === 'GET' ? {} : { body: '{"state":"success"}' }),
    }).then(({ status }) => status);
  expect(await asked('octo-org/site')).toBe(200);
  expect(await asked('octo-org/secret')).toBe(404);
  expect(await asked('octo-org/site', 'POST', `statuses/${'a'.repeat(40)}`)).toBe(403);
});

test('a token is used again until shortly before it expires', async () => {
  using github = testGithub();
  await prepared(github);
  const key = github.repoKey('octo-org/site');
  const first = await installationToken(env, TEAM, key);
  expect(await installationToken(env, TEAM, key)).toBe(first);
  expect(await made(github)).toHaveLength(1);
  // It is valid for an hour: asked for one that is valid longer, GitHub makes another.
  const longer = await installationToken(env, TEAM, key, { validMs: 3_700_000 });
  expect(longer).not.toBe(first);
  forgetToken(longer ?? '');
  await installationToken(env, TEAM, key);
  expect(await made(github)).toHaveLength(3);
});

test.each([
  ['a repository that is not covered', TEAM, 'octo-org/secret'],
  ['a repository that is not there', TEAM, 'octo-org/none'],
  ['an account without installation', TEAM, 'someone/site'],
  ['another team', OTHER, 'octo-org/site'],
])('%s gets no token', async (_, team, repository) => {
  using github = testGithub();
  await prepared(github);
  expect(await installationToken(env, team, github.repoKey(repository))).toBeNull();
});

test('another host gets no token, and is not asked', async () => {
  using github = testGithub();
  await prepared(github);
  expect(await installationToken(env, TEAM, 'gitlab.example.com/octo-org/site')).toBeNull();
  expect(await made(github)).toEqual([]);
});

test('an instance without an App has no tokens', async () => {
  using github = testGithub();
  expect(await installationToken(env, TEAM, github.repoKey('octo-org/site'))).toBeNull();
});

describe('clocks that differ', () => {
  test.each([-45_000, 45_000])('by less than a minute change nothing: %i ms', async (drift) => {
    using github = testGithub();
    await prepared(github);
    await github.control({ drift });
    expect(await installationToken(env, TEAM, github.repoKey('octo-org/site'))).not.toBeNull();
    expect(await made(github)).toHaveLength(1);
  });

  test.each([-900_000, 900_000])('by more are noticed by the answer: %i ms', async (drift) => {
    using github = testGithub();
    await prepared(github);
    await github.control({ drift });
    await requireToken(env, TEAM, github.repoKey('octo-org/site'), 'read');
    expect((await made(github)).map(({ status }) => status)).toEqual([401, 201]);
  });
});

test.each([
  ['an unavailable GitHub', UNAVAILABLE, 'later'],
  ['a page of its load balancer', UNICORN, 'later'],
  ['a lost answer', 'lost', 'later'],
  ['an answer that breaks off', 'half', 'later'],
  ['a used up limit', primaryLimit(Math.floor(Date.now() / 1000) + 600), 'limited'],
  ['credentials that were replaced', BAD_CREDENTIALS, 'token'],
] as const)('%s is not the same as having no token', async (_, fault, kind) => {
  using github = testGithub();
  await prepared(github);
  await github.control({ faults: [{ on: '/access_tokens', fault }] });
  const key = github.repoKey('octo-org/site');
  await expect(requireToken(env, TEAM, key, 'read')).rejects.toMatchObject({ name: 'HostRefusal', kind });
  await github.control({ faults: [{ on: '/access_tokens', fault }] });
  expect(await installationToken(env, TEAM, key)).toBeNull();
  expect(await installationToken(env, TEAM, key)).not.toBeNull();
});

describe('webhooks about an installation', () => {
  const changed = (id: number, action: Parameters<typeof installationChanged>[2]['action']) =>
    installationChanged(env, metadataOf(env), { action, installationId: String(id) });

  test('a suspended one gives no tokens until it is unsuspended', async () => {
    using github = testGithub();
    const { installation } = await prepared(github);
    const key = github.repoKey('octo-org/site');
    await installationToken(env, TEAM, key);
    await github.control({ change: [{ id: installation.id, suspendedAt: '2026-11-29T12:00:00Z' }] });
    expect(await changed(installation.id, 'suspend')).toMatchObject({
      suspendedAt: '2026-11-29T12:00:00.000Z',
    });
    await expect(requireToken(env, TEAM, key, 'read')).rejects.toMatchObject({ kind: 'suspended' });
    await github.control({ change: [{ id: installation.id, suspendedAt: null }] });
    expect(await changed(installation.id, 'unsuspend')).toMatchObject({ suspendedAt: null, ownerId: TEAM });
    expect(await installationToken(env, TEAM, key)).not.toBeNull();
  });

  test('a suspension counts even if GitHub can’t be asked', async () => {
    using github = testGithub();
    const { installation, key } = await prepared(github);
    await github.control({ faults: [{ on: '/app/installations/', fault: UNICORN }] });
    await expect(changed(installation.id, 'suspend')).rejects.toMatchObject({ kind: 'later' });
    expect((await metadataOf(env).github.installation(key))?.suspendedAt).not.toBeNull();
  });

  test('a removed one is forgotten, and one that is late with its removal is not', async () => {
    using github = testGithub();
    const { installation, key } = await prepared(github);
    // An old delivery: at GitHub it is there.
    expect(await changed(installation.id, 'deleted')).not.toBeNull();
    await github.control({ removeInstallation: installation.id });
    expect(await changed(installation.id, 'deleted')).toBeNull();
    expect(await metadataOf(env).github.installation(key)).toBeNull();
  });

  test('a token is not used again after repositories were taken away', async () => {
    using github = testGithub();
    const { installation } = await prepared(github);
    const key = github.repoKey('octo-org/site');
    expect(await installationToken(env, TEAM, key)).not.toBeNull();
    await github.control({ change: [{ id: installation.id, repositories: [] }] });
    await changed(installation.id, 'repositories');
    expect(await installationToken(env, TEAM, key)).toBeNull();
  });

  test('a renamed account keeps its installation', async () => {
    using github = testGithub();
    const { installation } = await prepared(github);
    await github.control({
      change: [
        { id: installation.id, account: { ...installation.account, login: 'new-org' } },
        { id: installation.repositories[0] ?? 0, owner: 'new-org' },
      ],
    });
    await changed(installation.id, 'other');
    expect(await installationToken(env, TEAM, github.repoKey('new-org/site'))).not.toBeNull();
  });

  test('one that was installed at GitHub belongs to nobody', async () => {
    using github = testGithub();
    await github.registered();
    const { installations } = await github.control({
      repositories: [{ owner: 'else', name: 'site' }],
      installations: [{ account: 'else' }],
    });
    expect(await changed(installations[0]?.id ?? 0, 'created')).toMatchObject({
      ownerId: null,
      account: 'else',
    });
    expect(await installationToken(env, TEAM, github.repoKey('else/site'))).toBeNull();
  });
});
