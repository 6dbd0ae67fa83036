/** Uploads: a ZIP of source code goes from the browser or a script straight into storage. */
import {
  AppFluxError,
  CompletedUpload,
  CompleteUpload,
  CreateUpload,
  ObjectId,
  type UploadedPart,
  UploadGrant,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { requireDisk } from '../disk/disk.ts';
import { bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { journal } from '../journal.ts';
import { Budget } from '../limits/budget.ts';
import type { Metadata, UploadRecord } from '../metadata/metadata.ts';
import { keysOfUpload, uploadKey } from '../storage/keys.ts';
import { partSizeOf } from '../storage/presigner.ts';
import { type SettledUpload, settleUpload } from '../storage/settle.ts';
import type { ObjectStore, Presigner } from '../storage/storage.ts';

/** An upload that is not complete this long after it was begun is given up, in milliseconds. */
const GIVEN_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/** How many uploads of one team may be begun and not completed. */
const MAX_BEGUN = 200;

/** How many requests a sweep of abandoned uploads makes: what retention leaves of those that one run may make. */
const SWEEP_REQUESTS = 370;

export const uploads = router();

uploads.openapi(
  createRoute({
    method: 'post',
    path: '/api/uploads',
    summary: 'Start an upload of source code',
    description:
      'PUT the bytes of each part to its URL, without a token, and keep the ETag header of each response. The URLs expire after an hour.',
    tags: ['uploads'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { body: jsonBody(CreateUpload) },
    responses: { 201: json(UploadGrant, 'What to PUT where'), ...refusals },
  }),
  async (c) => {
    const { name, size, sha256 } = c.req.valid('json');
    await requireFewBegun(c.get('metadata'), c.get('caller').ownerId);
    await requireDisk(c.env, size);
    const now = Date.now();
    const id = await c.get('metadata').newIdFor(c.get('caller').ownerId, now);
    const plan = await c.get('presigner').begin(uploadKey(id), size, 'application/zip');
    const { key, multipartId, partSize, parts } = plan;
    try {
      await c.get('metadata').uploads.insert({
        id,
        ownerId: c.get('caller').ownerId,
        name,
        size,
        sha256: sha256 ?? null,
        key,
        multipartId,
        completed: false,
        appIds: [],
        createdAt: new Date(now).toISOString(),
        usedAt: new Date(now).toISOString(),
      });
    } catch (error) {
      // Without its record nobody would ever give this upload up.
      if (multipartId !== null) await c.get('presigner').abort(key, multipartId);
      throw error;
    }
    return c.json({ uploadId: id, partSize, parts }, 201);
  },
);

uploads.openapi(
  createRoute({
    method: 'post',
    path: '/api/uploads/{id}/complete',
    summary: 'Complete an upload',
    description:
      'Idempotent. 409 `upload_incomplete` when storage does not have all bytes, or bytes with another SHA-256 than announced.',
    tags: ['uploads'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: z.object({ id: ObjectId }), body: jsonBody(CompleteUpload) },
    responses: { 200: json(CompletedUpload, 'The upload can be deployed'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const upload = await metadata.uploads.byId(c.req.valid('param').id);
    if (upload === null || upload.ownerId !== c.get('caller').ownerId) {
      throw new AppFluxError('not_found', 'Upload not found');
    }
    if (!upload.completed) {
      const storage = { objects: c.get('objects'), presigner: c.get('presigner') };
      const { key, sha256 } = await settleSource(upload, c.req.valid('json').parts, storage);
      await metadata.uploads.complete(upload.id, { key, sha256 });
    }
    return c.json({ uploadId: upload.id, size: upload.size }, 200);
  },
);

/** Refuses another upload while too many were begun and not completed: what they have put lies in storage for a day. */
async function requireFewBegun(metadata: Metadata, ownerId: string): Promise<void> {
  if ((await metadata.uploads.countBegun(ownerId)) < MAX_BEGUN) return;
  throw new AppFluxError('too_many_requests', `This team has ${MAX_BEGUN} incomplete uploads`, {
    hint: 'Complete one of them. An upload that is not completed within a day is removed.',
    retryAfterSeconds: 3600,
  });
}

/** Ends an upload whose parts are put, and gives what is kept of it; else throws `upload_incomplete`. */
async function settleSource(
  upload: UploadRecord,
  parts: UploadedPart[],
  storage: { objects: ObjectStore; presigner: Presigner },
): Promise<SettledUpload> {
  if (Date.parse(upload.createdAt) + GIVEN_UP_AFTER_MS <= Date.now()) {
    throw new AppFluxError(
      'upload_incomplete',
      'The upload has expired: it was started more than a day ago',
      {
        hint: 'Start a new one with POST /api/uploads.',
      },
    );
  }
  const missing = firstMissingPart(upload.size, parts);
  if (missing !== null) {
    throw new AppFluxError('upload_incomplete', `Part ${missing} is missing`, {
      hint: 'PUT it to its URL, then send the number and ETag of every part.',
    });
  }
  return settleUpload(storage, upload, parts);
}

/** The lowest part number that a file of `size` bytes needs and `parts` does not name; null when all are there. */
export function firstMissingPart(size: number, parts: readonly UploadedPart[]): number | null {
  const named = new Set(parts.map((part) => part.partNumber));
  const count = Math.ceil(size / partSizeOf(size));
  for (let number = 1; number <= count; number++) if (!named.has(number)) return number;
  return null;
}

/**
 * Removes uploads that were begun more than a day before `now` and never completed, with what they left in
 * storage, as many as SWEEP_REQUESTS allow. One that cannot be removed is reported to the log, and tried again by the next
 * sweep.
 */
export async function sweepUploads(
  metadata: Metadata,
  objects: ObjectStore,
  presigner: Presigner,
  now: Date,
): Promise<void> {
  const begunBefore = new Date(now.getTime() - GIVEN_UP_AFTER_MS).toISOString();
  const budget = new Budget(SWEEP_REQUESTS);
  for (let removed = 1; removed > 0 && !budget.isSpent; ) {
    removed = 0;
    budget.spend(1);
    for (const { id, key, multipartId } of await metadata.uploads.abandoned(begunBefore)) {
      if (budget.isSpent) return;
      budget.spend(3);
      try {
        if (multipartId !== null) await presigner.abort(key, multipartId);
        await objects.delete(keysOfUpload(key));
        // The record goes last: as long as it is there, somebody remembers what lies in storage.
        await metadata.uploads.delete([id]);
        removed += 1;
      } catch (error) {
        journal.error(`upload ${id} could not be removed`, error);
      }
    }
  }
}
