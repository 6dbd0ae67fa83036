import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureWebImage, WEB_IMAGE } from '../../testing/docker.ts';
import { newRunnerId } from '../../testing/sample-job.ts';
import { demultiplex } from '../demux.ts';
import { connectEngine } from '../engine.ts';
import { EGRESS_FILE, NPM_REGISTRY_FILE, readImageFile } from '../image-file.ts';
import {
  type Egress,
  type EgressOptions,
  type PackageManager,
  parseEgressFile,
  readRegistryFacts,
  startEgress,
} from './index.ts';

const BUILDER = 10_001;
const MARK = 'c0ffee';

const engine = connectEngine();
let allow: string[];
let npmRegistry: URL;
let folder: string;
let source: string;
let egress: Egress | undefined;
let log: string[];

beforeAll(async () => {
  await ensureWebImage(engine);
  const read = async (path: string) => (await readImageFile(engine, newRunnerId(), WEB_IMAGE, path)) ?? '';
  allow = parseEgressFile(await read(EGRESS_FILE));
  npmRegistry = new URL((await read(NPM_REGISTRY_FILE)).trim());
}, 600_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-egress-'));
  source = join(folder, 'source');
  await mkdir(source);
  await mkdir(join(folder, 'net'));
  await chmod(folder, 0o755);
  await chown(source, BUILDER, BUILDER);
  log = [];
});

afterEach(async () => {
  await egress?.close();
  egress = undefined;
  await rm(folder, { recursive: true });
});

/** Runs a command in a container that has no network but the proxy's socket. Gives its output and exit code. */
async function build(command: string, manager?: PackageManager, options: Partial<EgressOptions> = {}) {
  await egress?.close();
  egress = await startEgress({
    socketPath: join(folder, 'net', 'proxy.sock'),
    allow,
    npmRegistry,
    log: (text) => log.push(text),
    ...options,
  });
  const environment = {
    ...egress.environment,
    ...(manager === undefined
      ? {}
      : egress.registryEnvironment(await readRegistryFacts(source, source, manager))),
    CI: 'true',
    APPFLUX_MARK: MARK,
    APPFLUX_BUILD_COMMAND: command,
    APPFLUX_EGRESS_SOCKET: '/run/appflux/proxy.sock',
  };
  const container = await engine.createContainer({
    Image: WEB_IMAGE,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Init: true,
      Binds: [`${source}:/workspace`, `${join(folder, 'net')}:/run/appflux:ro`],
    },
  });
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    const parts: Uint8Array[] = [];
    for await (const { bytes } of demultiplex(stream as unknown as AsyncIterable<Uint8Array>)) {
      parts.push(bytes);
    }
    const { StatusCode: code } = await container.wait();
    return { output: Buffer.concat(parts).toString(), code };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

async function writeSource(name: string, content: string): Promise<void> {
  await writeFile(join(source, name), content);
  await chown(join(source, name), BUILDER, BUILDER);
}

const sha256 = async (name: string) =>
  createHash('sha256')
    .update(await readFile(join(source, name)))
    .digest('hex');

const BERRY = [
  'npm pack --silent @yarnpkg/cli-dist@4.18.1 >/dev/null',
  'tar xzf yarnpkg-cli-dist-*.tgz package/bin/yarn.js',
  'mkdir -p .yarn/releases && mv package/bin/yarn.js .yarn/releases/yarn.cjs',
  'rm -r package yarnpkg-cli-dist-*.tgz',
  "printf 'yarnPath: .yarn/releases/yarn.cjs\\nnodeLinker: node-modules\\nenableTelemetry: false\\n' > .yarnrc.yml",
  'touch yarn.lock',
].join(' && ');

describe('installing packages in a container whose only way out is the proxy', () => {
  it.each<{ manager: PackageManager; lockfile: string; setup?: string; lock: string; install: string }>([
    { manager: 'npm', lockfile: 'package-lock.json', lock: 'npm install', install: 'npm ci' },
    {
      manager: 'pnpm',
      lockfile: 'pnpm-lock.yaml',
      lock: 'pnpm install',
      install: 'pnpm install --frozen-lockfile',
    },
    {
      manager: 'yarn',
      lockfile: 'yarn.lock',
      lock: 'yarn install',
      install: 'yarn install --frozen-lockfile',
    },
    {
      manager: 'yarn-berry',
      lockfile: 'yarn.lock',
      lock: `${BERRY} && yarn install --no-immutable`,
      install: 'yarn install --immutable',
    },
    { manager: 'bun', lockfile: 'bun.lock', lock: 'bun install', install: 'bun install --frozen-lockfile' },
  ])(
    'works with $manager, and its lockfile never learns of the proxy',
    async ({ manager, lockfile, lock, install }) => {
      await writeSource(
        'package.json',
        JSON.stringify({
          name: 'fixture',
          private: true,
          dependencies: { nanoid: '5.1.5', '@sindresorhus/is': '7.0.1' },
        }),
      );
      const locked = await build(`${lock} && rm -rf node_modules .pnpm-store`, manager);
      expect(locked.output).toContain(`${MARK} end build 0`);
      expect(await readFile(join(source, lockfile), 'utf8')).not.toContain('127.0.0.1');

      const before = await sha256(lockfile);
      const built = await build(
        `${install} && node -e "import('nanoid').then(({ nanoid }) => console.log('made', nanoid().length))"`,
        manager,
      );
      expect(built.output).toContain('made 21');
      expect(built.output).toContain(`${MARK} end build 0`);
      expect(await sha256(lockfile)).toBe(before);

      const report = egress?.report();
      expect(report?.refused).toEqual([]);
      expect(report?.hosts.length).toBeGreaterThan(0);
      for (const { host } of report?.hosts ?? []) expect(allow).toContain(host.replace(/:443$/, ''));
    },
  );

  it('names in the log what was refused, and how to allow it', async () => {
    const { output } = await build(
      "curl --version >/dev/null 2>&1; node -e \"fetch('https://telemetry.test/').catch(() => console.log('no way'))\"",
    );
    expect(output).toContain('no way');
    expect(log).toEqual([
      'Network: telemetry.test:443 is not an allowed host. The owner of the runner can add it to the allowed hosts.',
    ]);
  });
});
