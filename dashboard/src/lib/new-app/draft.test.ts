import type { Candidate } from '@appflux/detection';
import { CreateApp, type StartLook } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { Looks } from '#lib/detection/look-repository.ts';
import { Draft } from './draft.svelte.ts';
import { buildLines, kindOf, sourceLines } from './summary.ts';

/** A server that nobody asks. */
const NO_LOOKS: Looks = { start: () => expect.unreachable(), get: () => expect.unreachable() };

describe('a new app', () => {
  test('from GitHub takes its name, branch, and folder from the URL', () => {
    const draft = new Draft(NO_LOOKS);
    expect(draft.sourceProblem).toMatch(/Paste/);
    draft.url = 'https://github.com/ada/difference-engine/tree/next/apps/web';
    expect(draft.sourceProblem).toBe(null);
    draft.fillFromSource();
    draft.variables.addDotenv('API_URL=https://api.example.com');
    draft.build.outputs = 'dist\n\n public ';
    expect(draft.configured).toBe(true);
    expect(draft.toNewApp()).toEqual({
      name: 'Difference engine',
      slug: 'difference-engine',
      source: {
        provider: 'github',
        repoUrl: 'https://github.com/ada/difference-engine',
        branch: 'next',
        rootDirectory: 'apps/web',
        depth: 1,
      },
      build: {
        framework: null,
        installCommand: null,
        buildCommand: null,
        outputs: ['dist', 'public'],
        node: null,
        image: null,
        labels: [],
        timeoutSeconds: null,
      },
      envVars: { API_URL: 'https://api.example.com' },
    });
    expect(CreateApp.safeParse(draft.toNewApp()).error).toBe(undefined);
  });

  test('is accepted by the protocol, from any source', () => {
    const git = new Draft(NO_LOOKS);
    git.kind = 'git';
    git.url = 'https://git.example.com/x/y.git';
    const upload = new Draft(NO_LOOKS);
    upload.kind = 'upload';
    upload.file = new File(['x'], 'My_site.zip');
    for (const draft of [git, upload]) {
      draft.fillFromSource();
      expect(draft.configured).toBe(true);
      expect(CreateApp.safeParse(draft.toNewApp()).error).toBe(undefined);
    }
    expect(upload.toNewApp()).toMatchObject({ name: 'My site', source: { provider: 'upload' } });
  });

  test('suggests the other kind of source for a URL that is not on GitHub', () => {
    const draft = new Draft(NO_LOOKS);
    draft.url = 'https://git.example.com/x/y.git';
    expect(draft.sourceProblem).toMatch(/choose Git repository/);
    draft.kind = 'git';
    expect(draft.sourceProblem).toBe(null);
  });

  test('keeps what was typed when the source is chosen again', () => {
    const draft = new Draft(NO_LOOKS);
    draft.url = 'ada/engine';
    draft.name = 'Mine';
    draft.fillFromSource();
    expect(draft.name).toBe('Mine');
  });

  test('survives a reload without its secrets', () => {
    const draft = new Draft(NO_LOOKS);
    draft.url = 'ada/engine';
    draft.fillFromSource();
    draft.variables.addDotenv('SECRET=s3cret');
    const snapshot = JSON.parse(JSON.stringify(draft.toSnapshot()));
    expect(JSON.stringify(snapshot)).not.toContain('s3cret');
    const restored = new Draft(NO_LOOKS);
    expect(restored.blank).toBe(true);
    restored.restore(snapshot);
    expect(restored.toNewApp().source).toEqual(draft.toNewApp().source);
    expect(restored.name).toBe('Engine');
    expect(restored.blank).toBe(false);
  });
});

const PLAN: Candidate['plan'] = {
  type: 'web',
  framework: 'vite',
  packageManager: 'npm',
  image: 'appflux/web-builder',
  node: null,
  installCommand: 'npm ci',
  buildCommand: 'npm run build',
  outputs: ['dist'],
  reasons: [],
};
const NO_CHOICE = { rootDirectory: null, type: null, framework: null };

describe('what is detected', () => {
  /** A server that finds a Vite site on the branch `trunk`. */
  function repository() {
    const asked: StartLook[] = [];
    const looks: Looks = {
      start: async (look) => {
        asked.push(look);
        return { id: '66f2a1c04b7e9d0012345678' };
      },
      get: async (id) => ({
        id,
        expiresAt: '2026-11-30T12:00:00.000Z',
        status: 'done',
        result: {
          branch: 'trunk',
          defaultBranch: 'trunk',
          branches: ['trunk', 'next'],
          commit: { hash: '9f3c2ab', message: 'Add tides' },
          candidates: { ways: [{ set: NO_CHOICE, plan: PLAN }], problem: null },
          plan: PLAN,
        },
      }),
    };
    const draft = new Draft(looks);
    draft.kind = 'git';
    draft.url = 'https://git.example.com/x/y.git';
    draft.fillFromSource();
    return { draft, asked };
  }

  test('in a repository is its default branch and its plan, and neither becomes a setting', async () => {
    const { draft, asked } = repository();
    expect(draft.effectiveBranch).toBe('main');
    await draft.detect();
    await draft.detect();
    expect(asked).toEqual([{ source: { provider: 'git', repoUrl: 'https://git.example.com/x/y.git' } }]);
    expect(draft.effectiveBranch).toBe('trunk');
    expect(draft.detectedPlan).toEqual(PLAN);
    expect(draft.toNewApp()).toMatchObject({ source: { branch: 'trunk' } });
    expect(draft.toNewApp()).not.toHaveProperty('build');
  });

  test('is looked at again with another branch, folder, or credential, once each is complete', async () => {
    const { draft, asked } = repository();
    await draft.detect();
    draft.branch = 'next';
    await draft.detect();
    draft.rootDirectory = 'web';
    await draft.detect();
    draft.credential.choice = 'token';
    await draft.detect();
    expect(asked).toHaveLength(3);
    draft.credential.token = 's3cret';
    await draft.detect();
    expect(asked.at(-1)).toEqual({
      source: {
        provider: 'git',
        repoUrl: 'https://git.example.com/x/y.git',
        branch: 'next',
        rootDirectory: 'web',
      },
      credential: { kind: 'token', token: 's3cret' },
    });
  });

  test('still applies to settings that say the same, and not to others', async () => {
    const { draft } = repository();
    await draft.detect();
    draft.build.type = 'web';
    draft.build.framework = 'Vite';
    expect(draft.detectedPlan).toEqual(PLAN);
    draft.build.framework = 'astro';
    expect(draft.detectedPlan).toBe(null);
    draft.build.framework = '';
    draft.build.type = 'android';
    expect(draft.detectedPlan).toBe(null);
  });

  test('is summed up with what was set, and only where something is to be said', async () => {
    const { draft } = repository();
    expect(buildLines(draft)).toEqual([]);
    await draft.detect();
    draft.build.buildCommand = 'npm run site';
    expect(kindOf(draft)).toEqual({ type: 'Website', framework: 'Vite' });
    expect(buildLines(draft).map(({ term, values, isChanged }) => [term, ...values, isChanged])).toEqual([
      ['Install', 'npm ci', false],
      ['Build', 'npm run site', true],
      ['Publish', 'dist', false],
    ]);
    expect(sourceLines(draft).map(({ term, values }) => [term, ...values])).toEqual([['Branch', 'trunk']]);
  });
});

test('a branch and folder of one URL do not stay for another', () => {
  const draft = new Draft(NO_LOOKS);
  draft.url = 'https://github.com/ada/engine/tree/next/apps/web';
  draft.fillFromSource();
  expect([draft.branch, draft.rootDirectory]).toEqual(['next', 'apps/web']);
  draft.url = 'https://github.com/ada/other';
  draft.fillFromSource();
  expect([draft.branch, draft.rootDirectory]).toEqual(['', './']);
  draft.branch = 'mine';
  draft.fillFromSource();
  expect(draft.branch).toBe('mine');
});
