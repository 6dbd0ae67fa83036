import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { Runner } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { zipOf } from '../e2e/source/zip.ts';
import { ROOT } from './command.ts';

const BOOTSTRAP_TOKEN = 'token-for-scripts-of-the-start-tests-0123456789';
let state: string;
let port: number;
let url: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-start-'));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  port = address.port;
  url = `http://localhost:${port}`;
  server.close();
  await once(server, 'close');
});
/** Every process whose environment or arguments contain the state folder of these tests. */
function processesOfInstance(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        const text =
          readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
        return text.includes(state);
      } catch {
        // It has ended since the list was made.
        return false;
      }
    });
}

const started: Start[] = [];
afterAll(async () => {
  for (const { process: child, exit } of started) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exit;
  }
  await untilNothingRuns();
  await rm(state, { recursive: true, force: true });
});

const untilNothingRuns = () =>
  vi.waitFor(() => expect(processesOfInstance()).toEqual([]), { timeout: 30_000, interval: 100 });

interface Start {
  process: ReturnType<typeof spawn>;
  output(): string;
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  exit: Promise<unknown[]>;
}

/** The environment of these tests, without AppFlux's variables. */
const OUTSIDE = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('APPFLUX_')),
);

/** Starts an instance as npm does. */
function start(env: Record<string, string> = {}): Start {
  const child = spawn(process.execPath, [join(ROOT, 'stack', 'bootstrap.mjs'), 'start'], {
    cwd: ROOT,
    env: {
      ...OUTSIDE,
      // The runner's clamd would download its signatures from the network.
      APPFLUX_SCAN: 'off',
      APPFLUX_STATE: state,
      APPFLUX_PORT: String(port),
      APPFLUX_BOOTSTRAP_TOKEN: BOOTSTRAP_TOKEN,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exit = once(child, 'close');
  const printed = async (pattern: RegExp) => {
    let match: RegExpExecArray | null = null;
    await vi.waitFor(
      () => {
        match = pattern.exec(output);
        expect(match, output).not.toBeNull();
      },
      { timeout: 240_000, interval: 50 },
    );
    return match as unknown as RegExpExecArray;
  };
  const one = { process: child, output: () => output, printed, exit };
  started.push(one);
  return one;
}

async function runners(): Promise<Runner[]> {
  const response = await fetch(`${url}/api/runners`, {
    headers: { Authorization: `Bearer ${BOOTSTRAP_TOKEN}` },
  });
  return z.object({ items: z.array(Runner) }).parse(await response.json()).items;
}

const childOf = (parent: number, program: string): number | undefined =>
  processesOfInstance().find((pid) => {
    try {
      const [, , , , ppid] =
        /^(\d+) \((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
      return Number(ppid) === parent && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program);
    } catch {
      // It has ended since the list was made.
      return false;
    }
  });

const cmdline = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1');

const client = () => createClient({ url, token: BOOTSTRAP_TOKEN });

let interrupted = '';
const logOf = async (id: string) =>
  (await client().logs.page(id, { after: 0, limit: 10_000 })).items.map(({ text }) => text).join('\n');
const timesAtWork = async () => (await logOf(interrupted)).match(/^at work$/gm)?.length ?? 0;

/** Deploys an app whose build ends only when it is stopped. Resolves when it has begun. */
async function beginEndlessBuild(): Promise<string> {
  const { apps, uploads, deployments } = client();
  const files = {
    'package.json': '{"name":"endless","version":"1.0.0"}',
    'appflux.json': '{"installCommand":"true","buildCommand":"echo at work; sleep 3600","outputs":["dist"]}',
  };
  const blob = new Blob([new Uint8Array(await zipOf(files))]);
  const { slug } = await apps.create({ name: 'Endless', source: { provider: 'upload' } });
  const uploadId = await uploads.send({ name: 'endless.zip', blob });
  const { id } = await deployments.create(slug, { uploadId });
  interrupted = id;
  await vi.waitFor(async () => expect(await timesAtWork()).toBe(1), { timeout: 60_000, interval: 200 });
  return id;
}

describe('the first start', () => {
  let instance: Start;
  beforeAll(() => {
    instance = start();
  });

  test('is ready with its URL and a link, answers, and has a runner', async () => {
    const [, address, link] = await instance.printed(/^ready {2}(\S+) .*(http\S+)$/m);
    expect(address).toBe(url);
    expect(link).toMatch(new RegExp(`^${url}/sign-in#token_hash=`));
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    expect(await (await fetch(url)).text()).toContain('<html');
    expect(await runners()).toMatchObject([{ name: 'local-1', status: 'online', slots: 1 }]);
  });

  test('keeps its secrets from other users and out of its output, logs and arguments', async () => {
    expect((await stat(state)).mode & 0o077).toBe(0);
    expect((await stat(join(state, 'secrets.json'))).mode & 0o077).toBe(0);
    const secrets = Object.values(
      JSON.parse(await readFile(join(state, 'secrets.json'), 'utf8')),
    ) as string[];
    const logs = await Promise.all(
      readdirSync(join(state, 'logs')).map((name) => readFile(join(state, 'logs', name), 'utf8')),
    );
    const commands = processesOfInstance().map(cmdline);
    expect(commands.length).toBeGreaterThan(2);
    const runner = processesOfInstance().find((pid) => cmdline(pid).includes('/bundle-runner/'));
    expect(readFileSync(`/proc/${runner}/environ`, 'latin1')).not.toContain(BOOTSTRAP_TOKEN);
    for (const secret of [...secrets, BOOTSTRAP_TOKEN]) {
      for (const text of [instance.output(), ...logs, ...commands]) expect(text).not.toContain(secret);
    }
  });

  test('restarts its control plane and its runner when they are killed', async () => {
    const main = processesOfInstance().find((pid) => cmdline(pid).endsWith('stack/start.ts\0'));
    for (const program of ['stack/edge.ts', '/bundle-runner/']) {
      const pid = childOf(main ?? 0, program);
      if (pid === undefined) throw new Error(`${program} is not running`);
      process.kill(pid, 'SIGKILL');
    }
    await instance.printed(/The control plane ended \(SIGKILL\); restarting/);
    await instance.printed(/The control plane runs again/);
    await instance.printed(/The runner local-1 runs again/);
    await vi.waitFor(async () => expect(await runners()).toMatchObject([{ status: 'online' }]), {
      timeout: 60_000,
      interval: 200,
    });
  });

  test('prevents a second start with its state or port, which explains that in one sentence', async () => {
    const second = start();
    expect(await second.exit).toEqual([1, null]);
    expect(second.output().trim()).toMatch(
      /^AppFlux is already running with the state folder .*APPFLUX_STATE.*$/,
    );

    const other = await mkdtemp(join(tmpdir(), 'appflux-start-other-'));
    const third = start({ APPFLUX_STATE: other });
    expect(await third.exit).toEqual([1, null]);
    expect(third.output().trim()).toMatch(
      new RegExp(
        `^Port ${port} is in use by workerd \\(pid \\d+\\): set APPFLUX_PORT to a free port, or stop the program that uses it$`,
      ),
    );
    await rm(other, { recursive: true });
  });

  test('ends cleanly on a signal, and leaves nothing running', async () => {
    interrupted = await beginEndlessBuild();
    instance.process.kill('SIGTERM');
    expect(await instance.exit).toEqual([0, null]);
    expect(processesOfInstance()).toEqual([]);
  });
});

describe('a later start', () => {
  test('finds its data, and a runner that need not register again', async () => {
    const secrets = await readFile(join(state, 'secrets.json'), 'utf8');
    const registration = z
      .object({ id: z.string() })
      .parse(JSON.parse(await readFile(join(state, 'runners', 'local-1', 'runner.json'), 'utf8')));

    const instance = start({ APPFLUX_SLOTS: '3' });
    await instance.printed(/^ready/m);
    expect(await runners()).toMatchObject([{ id: registration.id, status: 'online', slots: 3 }]);
    // And all three are used: the runner has received them.
    await vi.waitFor(async () => expect((await runners())[0]).not.toHaveProperty('announced'), {
      timeout: 60_000,
      interval: 200,
    });
    expect(await readFile(join(state, 'secrets.json'), 'utf8')).toBe(secrets);

    // The build that the end interrupted is built again, and its log says why.
    const { deployments } = client();
    await vi.waitFor(
      async () =>
        expect(await deployments.get(interrupted)).toMatchObject({ status: 'building', attempt: 2 }),
      { timeout: 60_000, interval: 200 },
    );
    await vi.waitFor(async () => expect(await timesAtWork()).toBe(2), { timeout: 60_000, interval: 200 });
    expect(await logOf(interrupted)).toMatch(
      /The runner local-1 stopped before the build was over\. Waiting for attempt 2 of \d+\./,
    );
    await deployments.cancel(interrupted);

    // And leaves nothing running when it is killed itself.
    instance.process.kill('SIGKILL');
    await untilNothingRuns();
  });

  test('reports invalid settings in one sentence', async () => {
    const many = start({ APPFLUX_RUNNERS: 'many' });
    expect(await many.exit).toEqual([1, null]);
    expect(many.output().trim()).toMatch(/^APPFLUX_RUNNERS must be a whole number from 0 to 16: correct it/);

    const amiga = start({ APPFLUX_IMAGES: 'amiga' });
    expect(await amiga.exit).toEqual([1, null]);
    expect(amiga.output().trim()).toMatch(/^Unknown builder image "amiga": use one of these: .*web/);
  });
});
