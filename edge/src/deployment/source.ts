/** Where a deployment's code comes from. */
import { AppFluxError, type CreateDeployment, MAX_APPS_OF_UPLOAD } from '@appflux/protocol';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { sourceRemoved } from '../retention/removed.ts';
import type { SpecSource } from './state.ts';

/**
 * What a new deployment of `app` is built from. Throws AppFluxError `unprocessable` or `upload_incomplete` when there is no
 * such source. `useSource` keeps it.
 */
export async function findSource(
  metadata: Metadata,
  app: AppRecord,
  input: CreateDeployment,
): Promise<SpecSource> {
  const { rootDirectory } = app.source;
  if (input.uploadId !== undefined) {
    if (input.commit !== undefined) {
      throw new AppFluxError('unprocessable', 'An upload has no commit', {
        hint: 'Send either uploadId or commit.',
      });
    }
    const upload = await metadata.uploads.byId(input.uploadId);
    if (upload === null || upload.ownerId !== app.ownerId) {
      throw new AppFluxError('unprocessable', `Upload ${input.uploadId} not found`, {
        hint: 'POST /api/uploads first; incomplete uploads are removed after a day.',
      });
    }
    if (!upload.completed) {
      throw new AppFluxError('upload_incomplete', 'The upload is not complete', {
        hint: 'PUT all parts, then POST /api/uploads/:id/complete.',
      });
    }
    const { id, key, name, size, sha256, appIds } = upload;
    if (!appIds.includes(app.id) && appIds.length >= MAX_APPS_OF_UPLOAD) {
      throw new AppFluxError('unprocessable', `${MAX_APPS_OF_UPLOAD} apps were deployed from this upload`, {
        hint: 'Upload the source again for this app.',
      });
    }
    const source = { kind: 'upload', uploadId: id, key, name, size, sha256, rootDirectory } as const;
    return input.branch === undefined ? source : { ...source, branch: input.branch };
  }
  if (app.source.provider === 'upload') {
    throw new AppFluxError('unprocessable', `${app.name} is built from uploads: send an uploadId`, {
      hint: 'POST /api/uploads returns one.',
    });
  }
  const { repoUrl, branch, depth } = app.source;
  return {
    kind: 'git',
    repoUrl,
    branch: input.branch ?? branch,
    commit: input.commit ?? null,
    rootDirectory,
    depth,
  };
}

/**
 * Notes that a source is deployed from, as this app, which keeps a sweep from it; `source_removed` when one was quicker.
 * Before the deployment is there: an upload that nobody deployed goes sooner than one that somebody did.
 */
export async function useSource(
  { uploads }: Metadata,
  app: AppRecord,
  source: SpecSource,
  now: number,
): Promise<void> {
  if (source.kind !== 'upload') return;
  if (!(await uploads.use(source.uploadId, app.id, new Date(now).toISOString()))) throw sourceRemoved();
}

/**
 * A repository's commit, or with null its newest, for another deployment. The newest is that of the app's repository as it
 * is now: someone who has its earlier address must not decide what is built.
 */
export function againFrom(
  source: Extract<SpecSource, { kind: 'git' }>,
  { source: now }: AppRecord,
  commit: string | null,
): SpecSource {
  if (now.provider === 'upload') return { ...source, commit, depth: 1 };
  return { ...source, commit, depth: now.depth, ...(commit === null ? { repoUrl: now.repoUrl } : {}) };
}

/** Notes that an upload is deployed from, which keeps a sweep from it; `source_removed` when one was quicker. */
export async function requireSource(metadata: Metadata, uploadId: string, now: number): Promise<void> {
  if (!(await metadata.uploads.touch(uploadId, new Date(now).toISOString()))) throw sourceRemoved();
}
