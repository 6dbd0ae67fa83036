import { PartError, type PutPart } from '@appflux/client';
import { AppFluxError, type CreateUpload, type UploadedPart } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { SourceUpload } from './source-upload.svelte.ts';

const file = new File(['0123456789abcdefghijABCDE'], 'site.zip');

/** An in-memory server and storage, with parts of ten bytes. */
function world(over: { put?: (attempt: number, partNumber: number) => PartError | null } = {}) {
  const stored = new Map<string, string>();
  const attempts = new Map<number, number>();
  const created: CreateUpload[] = [];
  const completed: UploadedPart[][] = [];
  const put: PutPart = async ({ url, body, progress, signal }) => {
    signal.throwIfAborted();
    const partNumber = Number(new URL(url).pathname.slice(1));
    const attempt = (attempts.get(partNumber) ?? 0) + 1;
    attempts.set(partNumber, attempt);
    progress(1);
    const error = over.put?.(attempt, partNumber);
    if (error) throw error;
    stored.set(url, await body.text());
    progress(body.size);
    return `"etag-${partNumber}"`;
  };
  const api = {
    uploads: {
      create: async (body: CreateUpload) => {
        created.push(body);
        return {
          uploadId: `66f2a1c04b7e9d001234567${created.length}`,
          partSize: 10,
          parts: [3, 1, 2].map((partNumber) => ({
            partNumber,
            url: `http://127.0.0.1/${partNumber}?upload=${created.length}`,
          })),
        };
      },
      complete: async (uploadId: string, parts: UploadedPart[]) => {
        completed.push(parts);
        return { uploadId, size: file.size };
      },
    },
  };
  let clock = 0;
  const tools = {
    api,
    put,
    now: () => clock++,
    pause: async (_milliseconds: number, signal?: AbortSignal | null) => signal?.throwIfAborted(),
  };
  return { tools, stored, attempts, created, completed, later: (by: number) => (clock += by) };
}

describe('an upload', () => {
  test('uploads every part and completes them in order', async () => {
    const { tools, stored, completed, created } = world();
    const upload = new SourceUpload(file, tools);
    expect(await upload.run()).toBe('66f2a1c04b7e9d0012345671');
    expect(upload.state).toBe('done');
    expect(upload.fraction).toBe(1);
    expect([...stored.entries()].sort().map(([, text]) => text)).toEqual([
      '0123456789',
      'abcdefghij',
      'ABCDE',
    ]);
    expect(completed).toEqual([
      [1, 2, 3].map((partNumber) => ({ partNumber, etag: `"etag-${partNumber}"` })),
    ]);
    expect(created[0]?.sha256).toBe('05f20a21618ae29b08fa42b7f8b6091dc64d2a00e39c7416c6d9f14baf24d67f');
  });

  test('retries only the part whose connection was lost', async () => {
    const { tools, attempts } = world({
      put: (attempt, part) => (part === 2 && attempt < 3 ? new PartError('network', 'lost') : null),
    });
    const upload = new SourceUpload(file, tools);
    await upload.run();
    expect(upload.state).toBe('done');
    expect(Object.fromEntries(attempts)).toEqual({ 1: 1, 2: 3, 3: 1 });
  });

  test('fails after five tries, and resumes after the uploaded parts', async () => {
    let down = true;
    const { tools, attempts, created } = world({
      put: (_attempt, part) =>
        part === 3 && down ? new PartError('network', 'The connection was lost.') : null,
    });
    const upload = new SourceUpload(file, tools);
    expect(await upload.run()).toBe(null);
    expect(upload.state).toBe('failed');
    expect(upload.error?.message).toBe('The connection was lost.');
    expect(upload.loaded).toBe(20);
    down = false;
    expect(await upload.run()).not.toBe(null);
    expect(Object.fromEntries(attempts)).toEqual({ 1: 1, 2: 1, 3: 6 });
    expect(created).toHaveLength(1);
  });

  test('requests new URLs when the old ones have expired', async () => {
    const { tools, created, attempts } = world({
      put: (attempt, part) => (part === 1 && attempt === 1 ? new PartError('expired', 'expired') : null),
    });
    const upload = new SourceUpload(file, tools);
    await upload.run();
    expect(upload.state).toBe('failed');
    await upload.run();
    expect(upload.state).toBe('done');
    expect(created).toHaveLength(2);
    expect(attempts.get(1)).toBe(2);
  });

  test('requests new URLs when it resumes an hour later', async () => {
    let down = true;
    const { tools, created, later } = world({ put: () => (down ? new PartError('network', 'lost') : null) });
    const upload = new SourceUpload(file, tools);
    await upload.run();
    down = false;
    later(60 * 60 * 1000);
    expect(await upload.run()).toBe('66f2a1c04b7e9d0012345672');
    expect(created).toHaveLength(2);
  });

  test('doesn’t retry permanent errors', async () => {
    const { tools, attempts } = world({ put: () => new PartError('no_etag', 'no ETag') });
    const upload = new SourceUpload(file, tools);
    await upload.run();
    expect(upload.error?.hint).toContain('CORS');
    expect(Math.max(...attempts.values())).toBe(1);
  });

  test('stops when it is canceled', async () => {
    const { tools, completed } = world();
    const upload = new SourceUpload(file, {
      ...tools,
      put: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          queueMicrotask(() => upload.cancel());
        }),
    });
    expect(await upload.run()).toBe(null);
    expect(upload.state).toBe('canceled');
    expect(upload.error).toBe(null);
    expect(completed).toEqual([]);
  });

  test('returns the server’s error', async () => {
    const { tools } = world();
    const refusal = new AppFluxError('body_too_large', 'Too large');
    const upload = new SourceUpload(file, {
      ...tools,
      api: { uploads: { ...tools.api.uploads, create: () => Promise.reject(refusal) } },
    });
    await upload.run();
    expect(upload.error).toBe(refusal);
  });
});
