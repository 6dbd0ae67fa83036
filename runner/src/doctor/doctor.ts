/** `appflux-runner doctor`: checks whether this host can build, and how well builds are isolated. */
import { access, mkdir, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ErrorBody, Health } from '@appflux/protocol';
import { execa } from 'execa';
import { request } from 'undici';
import { REGISTRATION_FILE, type Registration, readRegistration } from '../config/registration.ts';
import type { Settings } from '../config/settings.ts';
import { PICTURES_IMAGE, picturesImage } from '../pictures/image.ts';
import { lastPictureFailure } from '../pictures/last-failure.ts';
import { RunnerProblem } from '../problem.ts';
import { ProgramFailure } from '../programs/program-shell.ts';
import { socketPathBytes } from '../sandbox/attempt-folder.ts';
import { withDefaultRuntime } from '../sandbox/container-spec.ts';
import { mountFileSystem, unmountWithin } from '../sandbox/disk/file-system.ts';
import { diskLimit } from '../sandbox/disk/limit.ts';
import { MAX_SOCKET_PATH_BYTES } from '../sandbox/egress/options.ts';
import { connectEngine, type Engine, engineMessage } from '../sandbox/engine.ts';
import { readImageFile, VERSIONS_FILE } from '../sandbox/image-file.ts';
import { isAllowedImage } from '../sandbox/images.ts';
import { unpreparable } from '../sandbox/prepared/how-many.ts';
import {
  checkDisk,
  checkDiskLimit,
  checkEngine,
  checkGit,
  checkImages,
  checkPictures,
  checkPrepared,
  checkSocketPath,
  checkSsh,
  type EngineFacts,
  type Finding,
  findingText,
  type PictureFacts,
} from './checks.ts';
import { lookAtHost } from './host.ts';
import { checkIsolation } from './isolation.ts';
import { lookAtScanner } from './scanner.ts';

/** Runs all checks and prints the findings. Gives exit code 1 when something keeps builds from running. */
export async function doctor(settings: Settings, out: { write(text: string): unknown }): Promise<number> {
  const findings: Finding[] = [];
  const note = (found: readonly Finding[]) => {
    for (const finding of found) out.write(findingText(finding));
    findings.push(...found);
  };
  note([checkDisk(await freeBytes(settings.state), settings.keepFree)]);
  for await (const found of buildFindings(settings, connectEngine())) note(found);
  note(await lookAtRegistration(settings.state));
  const bad = findings.filter(({ level }) => level === 'bad').length;
  const weak = findings.filter(({ level }) => level === 'weak').length;
  out.write(bad > 0 ? `\n${bad} to fix before builds can run.\n` : `\nBuilds can run. ${weak} to improve.\n`);
  return bad > 0 ? 1 : 0;
}

/**
 * What this host can build with, and how well builds are isolated: engine, kernel, images, Git, malware scanner.
 * `npm run doctor` reports the same for the runners of a local instance.
 */
export async function* buildFindings(settings: Settings, engine: Engine): AsyncGenerator<Finding[]> {
  const onHost = settings.executor === 'host';
  if (onHost) yield await lookAtHost(settings);
  else {
    yield await lookAtEngine(engine, settings);
    yield checkSocketPath(socketPathBytes(settings.state), MAX_SOCKET_PATH_BYTES);
    yield [await lookAtDiskLimit(), await lookAtPrepared(engine, settings)];
  }
  yield [checkGit(await gitVersion()), checkSsh(await sshVersion())];
  yield [await lookAtScanner(settings)];
}

async function lookAtPrepared(engine: Engine, settings: Settings): Promise<Finding> {
  // One that doesn't answer has a finding of its own.
  const { DefaultRuntime } = await engine.info().catch(() => ({ DefaultRuntime: undefined }));
  return checkPrepared(settings.prepared, await unpreparable(withDefaultRuntime(settings, DefaultRuntime)));
}

async function lookAtEngine(engine: Engine, settings: Settings): Promise<Finding[]> {
  let facts: EngineFacts;
  try {
    facts = await engineFacts(engine);
  } catch (error) {
    return [
      {
        level: 'bad',
        text: `The Docker engine cannot be reached: ${engineMessage(error)}`,
        advice: 'Start it, give this user access to its socket, or set DOCKER_HOST',
      },
    ];
  }
  return [
    ...checkEngine(facts),
    ...checkIsolation(facts, settings),
    ...checkImages(await builderImages(engine), settings.imageCommand !== undefined),
    checkPictures(await pictureFacts(engine, settings)),
  ];
}

async function pictureFacts(engine: Engine, settings: Settings): Promise<PictureFacts> {
  return {
    wanted: settings.pictures !== 'off' && isAllowedImage(PICTURES_IMAGE, settings.images),
    hasImage: (await picturesImage(engine, undefined).id()) !== null,
    canMakeImage: settings.imageCommand !== undefined,
    lastFailure: await lastPictureFailure(settings.state),
  };
}

/** What the engine says of itself; members that dockerode's types leave out are read with care. */
async function engineFacts(engine: Engine): Promise<EngineFacts> {
  const [info, version] = await Promise.all([engine.info(), engine.version()]);
  return {
    version: version.Version,
    apiVersion: version.ApiVersion,
    architecture: version.Arch,
    cgroupVersion: String(info.CgroupVersion ?? '1'),
    limits: {
      memory: info.MemoryLimit === true,
      cpu: info.CpuCfsQuota === true,
      pids: info.PidsLimit === true,
    },
    runtimes: Object.keys(info.Runtimes ?? {}),
    defaultRuntime: info.DefaultRuntime ?? 'runc',
    securityOptions: info.SecurityOptions ?? [],
    runc: version.Components?.find(({ Name }) => Name === 'runc')?.Version ?? null,
    swapLimit: info.SwapLimit === true,
    vsock: await isThere('/dev/vsock'),
  };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    // Not there, or not for this user: either way there is nothing to warn of that could be seen from here.
    () => false,
  );
}

/** Mounts a small file system as a build would get one: whether a host lets it happen is seen only by trying. */
async function lookAtDiskLimit(): Promise<Finding> {
  const limit = await diskLimit();
  if (limit.kind === 'watch') return checkDiskLimit(limit, null);
  const folder = await mkdtemp(join(tmpdir(), 'appflux-doctor-'));
  try {
    const at = join(folder, 'at');
    await mkdir(at);
    await mountFileSystem(join(folder, 'image'), at, 4 * 1024 ** 2);
    await unmountWithin(folder);
    return checkDiskLimit(limit, null);
  } catch (error) {
    return checkDiskLimit(limit, error instanceof ProgramFailure ? error.output : String(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function builderImages(engine: Engine): Promise<{ name: string; versions: string | null }[]> {
  const images = await engine.listImages({ filters: { reference: ['appflux/*-builder'] } });
  return Promise.all(
    images.map(async ({ Id, RepoTags }) => ({
      name: RepoTags?.[0] ?? Id,
      versions: await readImageFile(engine, 'doctor', Id, VERSIONS_FILE),
    })),
  );
}

/** Free bytes where the state folder is, or will be. */
async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return freeBytes(dirname(path));
  }
}

async function gitVersion(): Promise<string | null> {
  const { stdout, failed } = await execa('git', ['--version'], { reject: false });
  return failed ? null : stdout;
}

/** `ssh -V` prints on standard error. */
async function sshVersion(): Promise<string | null> {
  const { stderr, failed } = await execa('ssh', ['-V'], { reject: false });
  return failed ? null : stderr;
}

async function lookAtRegistration(state: string): Promise<Finding[]> {
  let registration: Registration | undefined;
  try {
    registration = await readRegistration(state);
  } catch (error) {
    if (!(error instanceof RunnerProblem)) throw error;
    return [{ level: 'bad', text: error.message, advice: error.advice }];
  }
  if (registration === undefined) {
    return [{ level: 'weak', text: 'Not registered yet', advice: 'Run `appflux-runner register`' }];
  }
  const { mode } = await stat(join(state, REGISTRATION_FILE));
  return [
    { level: 'ok', text: `Registered as ${registration.name} at ${registration.url}` },
    ...((mode & 0o077) === 0
      ? []
      : [
          {
            level: 'weak' as const,
            text: `Other users of this host can read ${REGISTRATION_FILE}`,
            advice: 'Run `chmod 600` on it: it contains the credential of this runner',
          },
        ]),
    await lookAtEdge(registration),
  ];
}

async function lookAtEdge({ url }: Registration): Promise<Finding> {
  const advice = 'Check the URL, and that this host can reach it';
  try {
    const response = await request(new URL('/api/health', url), { signal: AbortSignal.timeout(10_000) });
    const body: unknown = await response.body.json();
    const health = Health.safeParse(body);
    if (health.success && response.statusCode === 200) {
      return { level: 'ok', text: `${url} responds, version ${health.data.version}` };
    }
    const parsed = ErrorBody.safeParse(body);
    return {
      level: 'bad',
      text: `${url} is unhealthy: ${parsed.success ? parsed.data.error.message : response.statusCode}`,
      advice,
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    return { level: 'bad', text: `${url} does not respond${code}`, advice };
  }
}
