/** Takes the pictures of one site: a browser in a container of its own, as locked up as a build. The page is hostile. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import {
  type JobLimits,
  MAX_PICTURE_BYTES,
  PICTURE_PIXELS,
  type PictureRequest,
  type PictureResult,
  PictureSize,
  pictureBytes,
} from '@appflux/protocol';
import type { ContainerCreateOptions } from 'dockerode';
import { z } from 'zod';
import type { Settings } from '../config/settings.ts';
import { describeError, type Journal } from '../journal.ts';
import { attemptFolder, removeAttemptFolder, SOCKET_NAME } from '../sandbox/attempt-folder.ts';
import { containerSpec, hasOwnKernel } from '../sandbox/container-spec.ts';
import type { EgressOptions } from '../sandbox/egress/index.ts';
import type { Engine } from '../sandbox/engine.ts';
import { maxOpenFiles } from '../sandbox/open-files.ts';
import { runContainer } from '../sandbox/run-container.ts';
import { guardFor } from '../sandbox/vsock.ts';
import { openPictureNetwork } from './network.ts';

/** How long all of it may take, in milliseconds. */
const TIME_MS = 60_000;

/** What a page may use. It is counted beside no build: none runs meanwhile. */
const LIMITS: JobLimits = {
  timeoutSeconds: TIME_MS / 1000,
  memoryBytes: 1024 ** 3,
  cpus: 1,
  pids: 512,
  diskBytes: 1024 ** 3,
  logBytes: 1024 ** 2,
  artifactBytes: 1,
};

/** More than two pictures in base64. */
const MAX_OUTPUT_BYTES = 4 * MAX_PICTURE_BYTES;

const NET_MOUNT = '/run/appflux';
const PROXY_PORT = 3128;

/** Attempts are numbered from 1: the folder of a picture is none of theirs. */
const NO_ATTEMPT = 0;

/** The pictures of one site, in base64. */
export type PictureFiles = Extract<PictureResult, { outcome: 'taken' }>['files'];

/** There is no picture, with a reason for the owner of the site. */
export class NoPicture extends Error {
  override readonly name = 'NoPicture';
}

export interface PictureHost {
  readonly engine: Engine;
  readonly settings: Settings;
  readonly runnerId: string;
  /** The URL of the instance. */
  readonly instance: URL;
  readonly journal: Journal;
  /** Tests change the time and the network. */
  readonly timeMs?: number;
  readonly egress?: Partial<EgressOptions>;
}

/** What the program in the image prints. Its text ends up on pages, so it is kept short and on one line. */
const Answer = z.union([
  z.strictObject({ files: z.strictObject({ wide: z.string(), phone: z.string() }) }),
  z.strictObject({
    failed: z
      .string()
      .max(1000)
      .transform((text) => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200)),
  }),
]);

/**
 * Takes the pictures of a site.
 * @param image the id of the image with the browser
 * @throws {NoPicture} if the site can't be shown; the signal's reason if it aborts; errors of the engine
 */
export async function takePictures(
  host: PictureHost,
  image: string,
  request: PictureRequest,
  signal: AbortSignal,
): Promise<PictureFiles> {
  const { top, net } = attemptFolder(host.settings.state, request.deploymentId, NO_ATTEMPT);
  await mkdir(net, { recursive: true, mode: 0o700 });
  // Whatever the umask: the user in the container has to get in.
  await chmod(net, 0o755);
  const egress = await openPictureNetwork({
    folder: net,
    site: new URL(request.url),
    instance: host.instance,
    settings: host.settings,
    log: () => undefined,
    ...(host.egress === undefined ? {} : { egress: host.egress }),
  });
  try {
    return filesOf(await output(host, image, request, net, signal));
  } finally {
    await egress.close();
    await removeAttemptFolder(host.engine, host.runnerId, top).catch((error: unknown) =>
      // The next start removes it.
      host.journal.warn('The folder of a picture could not be removed', { error: describeError(error) }),
    );
  }
}

/** What the container has printed. */
async function output(
  host: PictureHost,
  image: string,
  request: PictureRequest,
  net: string,
  signal: AbortSignal,
): Promise<string> {
  const timeMs = host.timeMs ?? TIME_MS;
  const tooLong = AbortSignal.timeout(timeMs);
  const tooMuch = new AbortController();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    await runContainer(host.engine, {
      spec: await pictureSpec(host, image, request, net),
      output: ({ stream, bytes }) => {
        size += bytes.length;
        if (size > MAX_OUTPUT_BYTES) tooMuch.abort();
        else if (stream === 'stdout') parts.push(bytes);
      },
      ready: async () => undefined,
      signal: AbortSignal.any([signal, tooLong, tooMuch.signal]),
      ownKernel: hasOwnKernel(host.settings.runtime),
      onLeftover: (error) =>
        host.journal.error('The container of a picture could not be removed', {
          error: describeError(error),
        }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (tooLong.aborted) throw new NoPicture(`It took longer than ${timeMs / 1000} seconds`);
    if (tooMuch.signal.aborted) throw new NoPicture('It ended the browser');
    throw error;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The container: that of a build, without a workspace. */
async function pictureSpec(
  { engine, runnerId, settings }: PictureHost,
  image: string,
  request: PictureRequest,
  net: string,
): Promise<ContainerCreateOptions> {
  const order = {
    url: request.url,
    cookie: request.cookie,
    proxy: `http://127.0.0.1:${PROXY_PORT}`,
    maxBytes: MAX_PICTURE_BYTES,
    sizes: {
      wide: { ...PICTURE_PIXELS.wide, isPhone: false },
      phone: { ...PICTURE_PIXELS.phone, isPhone: true },
    },
  };
  return containerSpec({
    image,
    runnerId,
    deploymentId: request.deploymentId,
    attempt: NO_ATTEMPT,
    source: null,
    workingDir: '/tmp',
    environment: {
      APPFLUX_MARK: randomBytes(16).toString('hex'),
      APPFLUX_BUILD_COMMAND: 'exec node /usr/local/lib/appflux/take-picture.mjs',
      APPFLUX_EGRESS_SOCKET: `${NET_MOUNT}/${SOCKET_NAME}`,
      APPFLUX_PICTURE: JSON.stringify(order),
    },
    limits: {
      ...LIMITS,
      memoryBytes: Math.min(LIMITS.memoryBytes, settings.maxMemory ?? LIMITS.memoryBytes),
      cpus: Math.min(LIMITS.cpus, settings.maxCpus ?? LIMITS.cpus),
    },
    openFiles: await maxOpenFiles(engine, runnerId, image),
    runtime: settings.runtime,
    guard: await guardFor(engine, settings.runtime),
    network: 'none',
    mounts: [{ Type: 'bind', Source: net, Target: NET_MOUNT, ReadOnly: true }],
  });
}

/** Reads what the container has printed: anything, if the page has broken out of the browser. */
function filesOf(text: string): PictureFiles {
  const line = text.split('\n').findLast((each) => each.startsWith('{'));
  const answer = Answer.safeParse(parsed(line ?? ''));
  if (!answer.success) throw new NoPicture('It ended the browser');
  if ('failed' in answer.data) throw new NoPicture(answer.data.failed);
  const { files } = answer.data;
  for (const size of PictureSize.options) {
    if (pictureBytes(files[size], size) === null) throw new NoPicture('It ended the browser');
  }
  return files;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The schema refuses it.
    return undefined;
  }
}
