import type { NewApp } from '@appflux/client';
import { AppFluxError, type CreateDeployment, type SetSourceCredential } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { SourceUpload } from '#lib/upload/source-upload.svelte.ts';
import { app, deployment } from '../../testing/fixtures.ts';
import { Draft } from './draft.svelte.ts';
import { Launch } from './launch.svelte.ts';

/** A server that nobody asks. */
const NO_LOOKS = { start: () => expect.unreachable(), get: () => expect.unreachable() };
const CREATED = '2026-11-10T12:00:00.000Z';

/** A server that fails once with each given error. */
function world(
  refusals: Partial<
    Record<'createUpload' | 'createApp' | 'setCredential' | 'createDeployment', AppFluxError>
  > = {},
) {
  const calls: string[] = [];
  const refuse = (call: keyof typeof refusals) => {
    const error = refusals[call];
    delete refusals[call];
    if (error) throw error;
  };
  const keys = new Set<string>();
  const api = {
    uploads: {
      create: async () => {
        calls.push('createUpload');
        refuse('createUpload');
        return {
          uploadId: '66f2a1c04b7e9d0012345678',
          partSize: 100,
          parts: [{ partNumber: 1, url: 'http://127.0.0.1/1' }],
        };
      },
      complete: async (uploadId: string) => ({ uploadId, size: 5 }),
    },
    apps: {
      create: async (body: NewApp) => {
        calls.push(`createApp ${body.slug}`);
        refuse('createApp');
        return app({ slug: body.slug ?? 'none' });
      },
    },
    sourceCredential: {
      set: async (slug: string, { kind }: SetSourceCredential) => {
        calls.push(`setCredential ${slug} ${kind}`);
        refuse('setCredential');
        return { kind: 'token' as const, host: 'git.example.com', username: null, createdAt: CREATED };
      },
      createKey: async (slug: string) => {
        calls.push(`createKey ${slug}`);
        const publicKey = 'ssh-ed25519 AAAA harbor';
        return { kind: 'ssh' as const, host: 'git.example.com', publicKey, hostKeys: [], createdAt: CREATED };
      },
    },
    deployments: {
      create: async (
        slug: string,
        body: CreateDeployment = {},
        { idempotencyKey = 'none' }: { idempotencyKey?: string | undefined } = {},
      ) => {
        calls.push(`createDeployment ${slug} ${body.uploadId ?? 'from Git'}`);
        keys.add(idempotencyKey);
        refuse('createDeployment');
        return deployment();
      },
    },
  };
  const launch = new Launch(api, (file) => new SourceUpload(file, { api, put: async () => '"etag"' }));
  return { launch, calls, keys };
}

function zipDraft() {
  const draft = new Draft(NO_LOOKS);
  draft.kind = 'upload';
  draft.file = new File(['bytes'], 'shop.zip');
  draft.fillFromSource();
  return draft;
}

describe('a launch', () => {
  test('uploads, creates the app and deploys it', async () => {
    const { launch, calls } = world();
    expect(await launch.run(zipDraft())).toEqual(deployment());
    expect(launch.stage).toBe('done');
    expect(calls).toEqual([
      'createUpload',
      'createApp shop',
      'createDeployment shop 66f2a1c04b7e9d0012345678',
    ]);
  });

  test('leaves no app behind when the upload fails', async () => {
    const { launch, calls } = world({ createUpload: new AppFluxError('unavailable', 'away') });
    expect(await launch.run(zipDraft())).toBe(null);
    expect(launch.error?.message).toBe('away');
    expect(launch.busy).toBe(false);
    expect(calls).toEqual(['createUpload']);
  });

  test('resumes: nothing is uploaded or created twice, and the deployment keeps its key', async () => {
    const { launch, calls, keys } = world({ createDeployment: new AppFluxError('unavailable', 'away') });
    const draft = zipDraft();
    expect(await launch.run(draft)).toBe(null);
    expect(await launch.run(draft)).not.toBe(null);
    expect(calls.filter((call) => call === 'createUpload')).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith('createApp'))).toHaveLength(1);
    expect(keys.size).toBe(1);
  });

  test('marks a used slug in the draft, and accepts another one', async () => {
    const { launch, calls } = world({ createApp: new AppFluxError('slug_taken', 'taken') });
    const draft = zipDraft();
    await launch.run(draft);
    expect(draft.slugProblem).toBe('"shop" is already used. Choose a different slug.');
    draft.slug = 'shop-2';
    expect(await launch.run(draft)).not.toBe(null);
    expect(calls).toEqual([
      'createUpload',
      'createApp shop',
      'createApp shop-2',
      'createDeployment shop-2 66f2a1c04b7e9d0012345678',
    ]);
  });

  test('uploads again when another file is chosen', async () => {
    const { launch, calls } = world({ createApp: new AppFluxError('slug_taken', 'taken') });
    const draft = zipDraft();
    await launch.run(draft);
    draft.file = new File(['other'], 'other.zip');
    await launch.run(draft);
    expect(calls.filter((call) => call === 'createUpload')).toHaveLength(2);
  });

  describe('of a private repository', () => {
    const gitDraft = () => {
      const draft = new Draft(NO_LOOKS);
      draft.kind = 'git';
      draft.url = 'https://git.example.com/northwind/shop';
      draft.fillFromSource();
      return draft;
    };

    test('sets its token before it deploys', async () => {
      const { launch, calls } = world();
      const draft = gitDraft();
      draft.credential.choice = 'token';
      draft.credential.token = 'secret';
      expect(await launch.run(draft)).not.toBe(null);
      expect(calls).toEqual(['createApp shop', 'setCredential shop token', 'createDeployment shop from Git']);
    });

    test('asks for the credential again when it is refused, and keeps the app', async () => {
      const { launch, calls } = world({ setCredential: new AppFluxError('unprocessable', 'No host key') });
      const draft = gitDraft();
      draft.credential.choice = 'ssh';
      draft.credential.privateKey = '-----BEGIN OPENSSH PRIVATE KEY-----';
      expect(await launch.run(draft)).toBe(null);
      expect(launch.needsCredential(draft)).toBe(true);
      draft.credential.choice = 'none';
      expect(launch.needsCredential(draft)).toBe(false);
      expect(await launch.run(draft)).not.toBe(null);
      expect(calls).toEqual(['createApp shop', 'setCredential shop ssh', 'createDeployment shop from Git']);
    });

    test('shows a generated key, and deploys only in the next run', async () => {
      const { launch, calls } = world();
      const draft = gitDraft();
      draft.credential.choice = 'generate';
      expect(await launch.run(draft)).toBe(null);
      expect(launch.publicKey).toBe('ssh-ed25519 AAAA harbor');
      expect(launch.error).toBe(null);
      expect(calls).not.toContain('createDeployment shop from Git');
      expect(await launch.run(draft)).not.toBe(null);
      expect(calls).toEqual(['createApp shop', 'createKey shop', 'createDeployment shop from Git']);
    });
  });
});
