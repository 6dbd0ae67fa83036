import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttemptResult, SITE_PACK_TYPE } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CollectedArtifact, StepContext } from '../step-context.ts';
import { startAgent, succeedingSteps, type TestAgent } from '../testing/agent.ts';
import { keptJournal } from '../testing/docker.ts';
import type { FakeAttempt } from '../testing/fake-attempt.ts';
import { FakeSites } from '../testing/fake-sites.ts';
import { sampleGrant } from '../testing/sample-job.ts';
import { uploadArtifacts } from './upload.ts';

let folder: string;
let agent: TestAgent | undefined;
const uploads = keptJournal();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-upload-'));
  uploads.lines.length = 0;
});
afterEach(async () => {
  await agent?.close();
  agent = undefined;
  await rm(folder, { recursive: true });
});

async function artifact(name: string, bytes: Buffer): Promise<CollectedArtifact> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, path, size: bytes.length, sha256, contentType: 'application/zip', meta: { files: 3 } };
}

interface Upload {
  readonly artifacts: readonly CollectedArtifact[];
  readonly prepare?: (attempt: FakeAttempt, agent: TestAgent) => void;
  /** Whether the edge publishes sites. */
  readonly sites?: boolean;
}

/** Runs an attempt whose upload step is the real one. */
async function upload({
  artifacts,
  prepare,
  sites = false,
}: Upload): Promise<{ attempt: FakeAttempt; result: AttemptResult }> {
  const { journal } = uploads;
  let attempt: FakeAttempt | undefined;
  const started = await startAgent({
    steps: ({ connection }) =>
      succeedingSteps({
        collect: async () => [...artifacts],
        upload: (collected, ctx: StepContext) => {
          if (attempt !== undefined && agent !== undefined) prepare?.(attempt, agent);
          const backoff = { baseMs: 1, capMs: 5 };
          const repacked = async (one: CollectedArtifact) => {
            const again = await one.site?.repack(ctx);
            if (again === undefined) throw new Error('this is no site');
            return again;
          };
          return uploadArtifacts(collected, { connection, attempt: 1, journal, backoff, repacked }, ctx);
        },
      }),
  });
  agent = started;
  if (sites) started.edge.sites = new FakeSites(started.edge);
  attempt = started.edge.grant(sampleGrant());
  await started.until(() => attempt?.result !== undefined);
  if (attempt.result === undefined) throw new Error('there is no result');
  return { attempt, result: attempt.result };
}

describe('an artifact', () => {
  test('arrives whole, in parts, with its size, hash and facts', async () => {
    const bytes = randomBytes(1_000_001);
    const { attempt, result } = await upload({
      artifacts: [await artifact('site.zip', bytes)],
      prepare: (each) => {
        each.partSize = 100_000;
      },
    });
    expect(result).toEqual({ status: 'success', artifacts: ['site.zip'] });
    expect(agent?.edge.storedBytes('site.zip').equals(bytes)).toBe(true);
    expect(agent?.edge.stored.get('site.zip')?.size).toBe(11);
    expect(attempt.frames.find(({ type }) => type === 'upload')).toMatchObject({
      name: 'site.zip',
      size: 1_000_001,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      contentType: 'application/zip',
      meta: { files: 3 },
    });
    expect(attempt.frames.find(({ type }) => type === 'uploaded')).toMatchObject({
      parts: Array.from({ length: 11 }, (_, index) => ({
        partNumber: index + 1,
        etag: `"etag-${index + 1}"`,
      })),
    });
  });

  test('without any bytes is uploaded as well', async () => {
    const { result } = await upload({ artifacts: [await artifact('empty.txt', Buffer.alloc(0))] });
    expect(result.status).toBe('success');
    expect(agent?.edge.storedBytes('empty.txt').length).toBe(0);
  });

  test('after another arrives as well, in order', async () => {
    const { attempt } = await upload({
      artifacts: [await artifact('a.zip', Buffer.from('a')), await artifact('b.zip', Buffer.from('b'))],
    });
    expect(
      attempt.frames.flatMap((frame) => ('name' in frame ? [`${frame.type} ${frame.name}`] : [])),
    ).toEqual(['upload a.zip', 'uploaded a.zip', 'upload b.zip', 'uploaded b.zip']);
  });
});

describe('a storage that', () => {
  test('fails now and then is tried again', async () => {
    const bytes = randomBytes(50_000);
    const { result } = await upload({
      artifacts: [await artifact('site.zip', bytes)],
      prepare: (each, { edge }) => {
        each.partSize = 10_000;
        edge.storageFaults.push(500, 503, 429, 500);
      },
    });
    expect(result.status).toBe('success');
    expect(agent?.edge.storedBytes('site.zip').equals(bytes)).toBe(true);
  });

  test('does not take a grant any more is asked with a new one, for what is left', async () => {
    const bytes = randomBytes(50_000);
    const { attempt, result } = await upload({
      artifacts: [await artifact('site.zip', bytes)],
      prepare: (each, { edge }) => {
        each.partSize = 10_000;
        edge.storageFaults.push(403);
      },
    });
    expect(result.status).toBe('success');
    expect(attempt.frames.filter(({ type }) => type === 'upload').length).toBe(2);
    expect(agent?.edge.storedBytes('site.zip').equals(bytes)).toBe(true);
  });

  test('stays broken fails the job, without any word of the signed address', async () => {
    const { attempt, result } = await upload({
      artifacts: [await artifact('site.zip', Buffer.from('x'))],
      prepare: (_, { edge }) => edge.storageFaults.push(...Array<number>(20).fill(500)),
    });
    expect(result).toMatchObject({
      failure: {
        code: 'upload_failed',
        message: 'Storage did not accept site.zip: it responded with status 500',
      },
    });
    const visible = JSON.stringify([result, attempt.lines, uploads.lines, agent?.journal]);
    expect(visible).not.toContain('X-Amz-Signature');
    expect(visible).not.toContain('/storage/');
  });

  test('fails the edge for a while is asked for again, each time with a question of its own', async () => {
    const { attempt, result } = await upload({
      artifacts: [await artifact('site.zip', Buffer.from('x'))],
      prepare: (each) => {
        each.storageFaults = 5;
      },
    });
    expect(result.status).toBe('success');
    const asked = attempt.frames.flatMap((frame) => (frame.type === 'upload' ? [frame.request] : []));
    expect(new Set(asked).size).toBe(6);
  });

  test('keeps failing the edge fails the job', async () => {
    const { result } = await upload({
      artifacts: [await artifact('site.zip', Buffer.from('x'))],
      prepare: (each) => {
        each.storageFaults = 100;
      },
    });
    expect(result).toMatchObject({
      failure: {
        code: 'upload_failed',
        message: 'site.zip was not accepted: Storage doesn’t respond',
      },
    });
  });

  test('refuses permanently is not asked again', async () => {
    const { result } = await upload({
      artifacts: [await artifact('site.zip', Buffer.from('x'))],
      prepare: (_, { edge }) => edge.storageFaults.push(400),
    });
    expect(result).toMatchObject({
      failure: { message: 'Storage did not accept site.zip: it responded with status 400' },
    });
    expect(uploads.lines.length).toBe(1);
  });
});

test('an edge that refuses an artifact fails the job in its own words', async () => {
  const { result } = await upload({
    artifacts: [await artifact('site.zip', Buffer.from('x'))],
    prepare: (attempt) => {
      attempt.refuseUploads = 'The artifacts are larger than 500 MB in all';
    },
  });
  expect(result).toMatchObject({
    failure: {
      code: 'upload_failed',
      message: 'site.zip was not accepted: The artifacts are larger than 500 MB in all',
    },
  });
});

test('a question that was lost with its connection is asked again', async () => {
  const bytes = randomBytes(30_000);
  const { attempt, result } = await upload({
    artifacts: [await artifact('site.zip', bytes)],
    prepare: (_, { edge }) => edge.dropAll(),
  });
  expect(result.status).toBe('success');
  expect(attempt.connections).toBe(2);
});

test('a cancel in the middle of an upload ends it', async () => {
  const { result } = await upload({
    artifacts: [await artifact('site.zip', randomBytes(100_000))],
    prepare: (attempt, { edge }) => {
      attempt.partSize = 1000;
      edge.storageFaults.push(...Array<number>(1000).fill(503));
      attempt.cancel('by its owner');
    },
  });
  expect(result).toEqual({ status: 'canceled' });
});

describe('a site', () => {
  const packed = async (
    name: string,
    bytes: Buffer,
    repack: () => Promise<CollectedArtifact | undefined>,
  ) => ({
    ...(await artifact(name, bytes)),
    contentType: SITE_PACK_TYPE,
    site: { contents: [], repack },
  });

  const packs = async () => {
    const repacks: number[] = [];
    const again = async () => {
      repacks.push(repacks.length + 1);
      return packed('site.zip', Buffer.from(`pack ${repacks.length}`), again);
    };
    return { repacks, first: await packed('site.zip', Buffer.from('pack 0'), again) };
  };

  test.each([
    [0, 'success', 'pack 0'],
    [2, 'success', 'pack 2'],
    [4, 'failed', ''],
  ])('is packed again if its base is gone: %d times refused', async (refusals, status, stored) => {
    const { repacks, first } = await packs();
    const { result, attempt } = await upload({
      artifacts: [first],
      prepare: (_, { edge }) => {
        if (edge.sites !== undefined) edge.sites.refusals = refusals;
      },
      sites: true,
    });
    expect(result.status).toBe(status);
    expect(repacks).toHaveLength(Math.min(refusals, 3));
    expect(agent?.edge.storedBytes('site.zip').toString()).toBe(stored);
    if (status === 'failed') expect(result).toMatchObject({ failure: { code: 'upload_failed' } });
    else expect(attempt.log).toContain('Uploaded the site (6 bytes)');
  });

  test('is uploaded again if its pack is lost before it is published', async () => {
    const { repacks, first } = await packs();
    const { result, attempt } = await upload({
      artifacts: [first],
      prepare: (_, { edge }) => {
        if (edge.sites !== undefined) edge.sites.lostPacks = 2;
      },
      sites: true,
    });
    expect(result.status).toBe('success');
    expect(repacks).toEqual([]);
    expect(attempt.frames.filter(({ type }) => type === 'upload')).toHaveLength(3);
  });

  test('is reported again if its parts are joined already: an answer was lost', async () => {
    const bytes = randomBytes(40_000);
    const { result, attempt } = await upload({
      artifacts: [await packed('site.zip', bytes, async () => undefined)],
      prepare: (each, { edge }) => {
        each.partSize = 10_000;
        if (edge.sites !== undefined) edge.sites.lostAnswers = 1;
      },
      sites: true,
    });
    expect(result).toMatchObject({ status: 'success' });
    expect(agent?.edge.storedBytes('site.zip').equals(bytes)).toBe(true);
    const reports = attempt.frames.flatMap((frame) => (frame.type === 'uploaded' ? [frame.parts] : []));
    expect(reports).toHaveLength(2);
    expect(reports[1]).toEqual(reports[0]);
  });

  test('whose upload is gone before it was reported fails', async () => {
    const { first } = await packs();
    const { result } = await upload({
      artifacts: [first],
      prepare: (_, { edge }) => edge.storageFaults.push(404),
      sites: true,
    });
    expect(result).toMatchObject({
      failure: { code: 'upload_failed', message: expect.stringContaining('status 404') },
    });
  });
});
