/** What GitHub is asked about a commit, and what follows from its answers and from bad ones. */
import { env } from 'cloudflare:workers';
import { DEFAULT_TRIGGERS } from '@appflux/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Fault,
  primaryLimit,
  UNAVAILABLE,
  UNICORN,
} from '../../../stack/stand-ins/github-app/faults.ts';
import { connected, type TestGithub, testGithub } from '../git-hosts/testing/github.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, KeptDeployment } from '../metadata/metadata.ts';
import { forgetAll, signIn } from '../testing/worker.ts';
import { appOf, deliver, listed, pullRequestPayload, pushPayload } from './testing/deliver.ts';

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];

let github: TestGithub;
let ownerId: string;
let app: AppRecord;
let fullName: string;
let count = 0;

beforeAll(async () => {
  await forgetAll();
  await signIn();
  ownerId = (await metadataOf(env).users.owner())?.id ?? '';
});
// Each test has a repository of its own.
beforeEach(async () => {
  count += 1;
  fullName = `octo/site-${count}`;
  github = testGithub();
  app = await appOf({
    ownerId,
    source: {
      provider: 'github',
      repoUrl: github.repoUrl(fullName),
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    },
    repoKey: github.repoKey(fullName),
    triggers: { ...DEFAULT_TRIGGERS, exclude: ['docs'] },
  });
});
afterEach(() => github[Symbol.dispose]());

const json = (body: unknown): Fault => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

const compared = (status: string, ...filenames: string[]): Fault =>
  json({ status, files: filenames.map((filename) => ({ filename, patch: '@@' })) });

/** The repository's payload, at this test's GitHub. */
const here = <Payload extends { repository: object }>(payload: Payload): Payload => ({
  ...payload,
  repository: {
    ...payload.repository,
    id: count,
    full_name: fullName,
    clone_url: github.repoUrl(fullName),
    html_url: github.repoUrl(fullName).replace(/\.git$/, ''),
    ssh_url: null,
  },
});

async function deployed(answers: Record<string, Fault>, event: string, payload: { repository: object }) {
  const faults = Object.entries(answers).map(([on, fault]) => ({ on, fault }));
  await github.control({ faults });
  await deliver(event, here(payload));
  let found: KeptDeployment | undefined;
  await expect
    .poll(
      async () => {
        [found] = await listed(app);
        return found?.status;
      },
      { timeout: 15_000 },
    )
    .toBeDefined();
  const { calls } = await github.control();
  return {
    reason: found?.skipped?.reason ?? null,
    message: found?.commitMessage,
    calls: calls.map(({ call }) => call),
  };
}

const newBranch = pushPayload({ branch: 'feature', after: B });
const opened = pullRequestPayload({ head: B });
const message = (text: string) => json({ commit: { message: text } });

describe('a pull request', () => {
  test('is skipped by a mark in the message of its head commit', async () => {
    const { reason, message: shown } = await deployed(
      { '/commits/': message('docs [skip ci]'), '/compare/': compared('ahead', 'index.html') },
      'pull_request',
      opened,
    );
    expect(reason).toBe('The commit message has [skip ci]');
    expect(shown).toBe('docs [skip ci]');
  });

  test('is compared with its base, and a later commit with the one before', async () => {
    const answers = { '/commits/': message('x'), '/compare/': compared('diverged', 'docs/a.md') };
    const { reason, calls } = await deployed(answers, 'pull_request', opened);
    expect(reason).toBe('All changed files match the exclude patterns');
    expect(calls).toContain(`GET /api/repos/${fullName}/compare/${A}...${B}?per_page=1`);
  });

  test('that was force-pushed is built', async () => {
    const answers = { '/commits/': message('x'), '/compare/': compared('diverged', 'docs/a.md') };
    const synchronized = pullRequestPayload({ action: 'synchronize', head: B, before: A });
    expect((await deployed(answers, 'pull_request', synchronized)).reason).toBe(null);
  });
});

describe('a new branch', () => {
  test('is compared with the place where it left the default branch', async () => {
    const { reason, calls } = await deployed(
      { '/compare/': compared('ahead', 'docs/a.md') },
      'push',
      newBranch,
    );
    expect(reason).toBe('All changed files match the exclude patterns');
    expect(calls).toEqual([`GET /api/repos/${fullName}/compare/main...${B}?per_page=1`]);
  });

  const renamed = json({
    status: 'ahead',
    files: [{ filename: 'docs/a.md', previous_filename: 'a.md', status: 'renamed' }],
  });
  const many = compared('ahead', ...Array.from({ length: 300 }, (_, n) => `docs/${n}`));

  test.each<[string, Fault]>([
    ['a file came from elsewhere', renamed],
    ['the list may be cut off at 300 files', many],
    ['GitHub limits requests', primaryLimit(Math.floor(Date.now() / 1000) + 60)],
    ['GitHub is unavailable', UNAVAILABLE],
    ['GitHub answers with a page', UNICORN],
    ['GitHub answers something else', json({ status: 'sideways' })],
    ['the connection is lost', 'lost'],
    ['the answer breaks off', 'half'],
    ['GitHub does not answer', 'hang'],
  ])('is built if %s', async (_why, fault) => {
    expect((await deployed({ '/compare/': fault }, 'push', newBranch)).reason).toBe(null);
  });
});

test('nobody is asked if the payload says everything', async () => {
  const commits = [{ added: ['docs/a'], removed: [], modified: [] }];
  const { reason, calls } = await deployed({}, 'push', pushPayload({ before: A, after: B, commits }));
  expect(reason).toBe('All changed files match the exclude patterns');
  expect(calls).toEqual([]);
});

test('GitHub is asked with the token of the installation', async () => {
  await github.registered();
  const { installations } = await github.control({
    installations: [{ account: 'octo' }],
    repositories: [{ owner: 'octo', name: fullName.slice('octo/'.length) }],
  });
  const [installation] = installations;
  if (installation === undefined) throw new Error('The stand-in has no installation');
  await connected(github, ownerId, installation);
  await deployed({ '/compare/': compared('ahead', 'docs/a.md') }, 'push', newBranch);
  const { calls } = await github.control();
  expect(calls.find(({ call }) => call.includes('/compare/'))?.token).toMatch(/^ghs_/);
});
