/** How much a build has left. */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { BYTES, bytesOf, onDisk } from '../job/prepare/byte-path.ts';
import { demultiplex } from '../sandbox/demux.ts';
import { diskUsage } from '../sandbox/disk-watch.ts';
import { containerEnd, type Engine } from '../sandbox/engine.ts';
import { withHelper } from '../sandbox/helper.ts';
import { untilAborted } from '../stop.ts';

export interface Measuring {
  readonly engine: Engine;
  readonly runnerId: string;
  /** Any builder image: it has `du`. */
  readonly image: string;
  /** A folder that a build has written to. */
  readonly path: string;
  readonly signal: AbortSignal;
}

export interface Measured {
  readonly bytes: number;
  readonly files: number;
}

/** A tree of so many entries is left to `du`. */
const FEW = 200;

/** The unit of the blocks that stat(2) counts, in bytes. */
export const BLOCK_BYTES = 512;

const MEASURED = '/measured';
/** What `du` says of one folder is a line; its complaints go elsewhere. */
const MAX_ANSWER = 4096;

/**
 * What a tree takes, following no link (`du`, coreutils). A runner that is not root cannot read folders that the
 * builder's user has closed to others, and a size that leaves them out is no limit: a container of that user looks then.
 * @returns null where it cannot be said, as of folders that a build has closed to itself, or when measuring was ended
 */
export async function measureTree(measuring: Measuring): Promise<Measured | null> {
  return process.getuid?.() === 0 ? asRoot(measuring) : asBuilder(measuring);
}

async function asRoot({ path, signal }: Measuring): Promise<Measured | null> {
  const few = await countFew(path);
  if (few !== null) return few;
  const counted = await execa('du', ['--inodes', '-s', '-x', '--', path], {
    reject: false,
    cancelSignal: signal,
    env: { LC_ALL: 'C' },
  });
  const bytes = await diskUsage(path, signal);
  return measuredOf(counted.stdout, bytes === null ? undefined : String(bytes));
}

/**
 * The same as `du` says; null of a tree with more than a few entries, or with one that cannot be looked at. Starting a
 * program takes longer than looking at a few.
 */
async function countFew(path: string): Promise<Measured | null> {
  const top = bytesOf(path);
  const seen = new Set<bigint>();
  let bytes = 0;
  const folders = [top];
  try {
    const { dev } = await lstat(path, { bigint: true });
    const count = async (entry: string): Promise<void> => {
      const found = await lstat(onDisk(entry), { bigint: true });
      if (found.dev !== dev || seen.has(found.ino)) return;
      seen.add(found.ino);
      bytes += Number(found.blocks) * BLOCK_BYTES;
      if (entry !== top && found.isDirectory()) folders.push(entry);
    };
    await count(top);
    for (const folder of folders) {
      for await (const { name } of await opendir(onDisk(folder), { encoding: BYTES })) {
        if (seen.size >= FEW) return null;
        await count(join(folder, name));
      }
    }
  } catch {
    // `du` says what can be said of it.
    return null;
  }
  return { files: seen.size, bytes };
}

async function asBuilder({ engine, runnerId, image, path, signal }: Measuring): Promise<Measured | null> {
  const command = ['sh', '-c', `du --inodes -s -x ${MEASURED} && du -s -x --block-size=1 ${MEASURED}`];
  const mounts = [{ Type: 'bind' as const, Source: path, Target: MEASURED, ReadOnly: true }];
  return withHelper(engine, { runnerId, image, command, mounts }, async (container) => {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    const answer = untilAborted(firstOf(stream as unknown as AsyncIterable<Uint8Array>), signal);
    const [inodes, blocks] = (await answer).split('\n');
    return (await containerEnd(container)) === 0 ? measuredOf(inodes, blocks) : null;
  }).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
}

/** The beginning of standard output; the rest is read and left away. */
async function firstOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const frame of demultiplex(stream)) {
    if (frame.stream === 'stdout' && text.length < MAX_ANSWER) text += Buffer.from(frame.bytes).toString();
  }
  return text;
}

function measuredOf(inodes: string | undefined, blocks: string | undefined): Measured | null {
  const [files, bytes] = [inodes, blocks].map((text) => Number.parseInt(text ?? '', 10));
  return files === undefined || bytes === undefined || Number.isNaN(files + bytes) ? null : { files, bytes };
}
