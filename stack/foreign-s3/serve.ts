/** Runs the S3 server of install.ts on a folder of its own, for as long as it is needed. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { freePort } from '../free-port.ts';
import { lastLines } from '../problem.ts';
import { findForeignS3 } from './install.ts';

/** Where a server is, and the credentials for it. */
export interface S3Server {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null if the server was never built. */
    foreignS3: S3Server | null;
  }
}

/** How long the server may take to answer, in milliseconds. */
const STARTS_WITHIN_MS = 20_000;

/** Before all tests of a vitest project: provides the server's address, and returns what stops it. */
export default async function startForTests(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const program = await findForeignS3();
  if (program === null) {
    project.provide('foreignS3', null);
    return undefined;
  }
  const { server, stop } = await startForeignS3(program);
  project.provide('foreignS3', server);
  return stop;
}

/** Starts the server with one empty bucket on a free port of this machine. `stop` ends it and removes its folder. */
export async function startForeignS3(
  program: string,
): Promise<{ server: S3Server; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-s3-'));
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${await freePort()}`,
    bucket: 'appflux',
    region: 'us-east-1',
    accessKeyId: 'access-key-of-the-tests',
    secretAccessKey: 'secret-key-of-the-tests',
  };
  const data = join(folder, 'data');
  const attributes = join(folder, 'attributes');
  await mkdir(join(data, server.bucket), { recursive: true });
  await mkdir(attributes);
  // Attributes are in a folder beside: not every file system under /tmp supports extended ones.
  const storage = ['posix', '--sidecar', attributes, data];
  const address = new URL(server.endpoint).host;
  const options = ['--port', address, '--region', server.region, '--health', '/health', '--quiet'];
  const child = execa(program, [...options, ...storage], {
    env: { ROOT_ACCESS_KEY: server.accessKeyId, ROOT_SECRET_KEY: server.secretAccessKey },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  const stop = async () => {
    child.kill();
    await child;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      answering(`${server.endpoint}/health`),
      child.then((ended) => {
        throw new Error(`The S3 server ended: ${lastLines(ended.all)}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { server, stop };
}

async function answering(url: string): Promise<void> {
  const until = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < until) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet; the deadline and the process's end are checked as well.
    }
    await sleep(50);
  }
  throw new Error(`The S3 server did not answer within ${STARTS_WITHIN_MS / 1000} s`);
}
