/** Network namespaces that the runner makes, beside those of the engine. */
import { mkdtemp, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { describeUnless } from '../../testing/describe-unless.ts';
import { ensureWebImage, WEB_IMAGE } from '../../testing/docker.ts';
import { makersOf, readyNamespaces, untilReady, whyNoNamespaces } from '../../testing/namespaces.ts';
import { startPrivateEngine } from '../../testing/private-engine.ts';
import { newRunnerId } from '../../testing/sample-job.ts';
import { BUILD_HOSTNAME, BUILDER } from '../container-spec.ts';
import { connectEngine, type Engine } from '../engine.ts';
import { type NamespaceLender, startAlone } from '../start-alone.ts';
import { openNamespaceMaker } from './namespace-maker.ts';
import type { NetworkNamespaces } from './network-namespaces.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const why = await whyNoNamespaces();

const SPEC = {
  Image: WEB_IMAGE,
  Entrypoint: ['sleep', '600'],
  User: BUILDER,
  Hostname: BUILD_HOSTNAME,
  HostConfig: {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: true,
  },
};

beforeAll(() => ensureWebImage(engine), 600_000);

describeUnless(why, 'a network namespace that the runner makes', () => {
  let namespaces: NetworkNamespaces;
  let runnerId: string;
  let containers: Container[];
  let folder: string;

  beforeEach(async () => {
    runnerId = newRunnerId();
    containers = [];
    folder = await mkdtemp(join(tmpdir(), 'appflux-namespaces-'));
    namespaces = await readyNamespaces(engine, runnerId);
  });
  afterEach(async () => {
    for (const container of containers) await container.remove({ force: true });
    await namespaces.close();
    await rm(folder, { recursive: true });
    expect(await makersOf(engine, runnerId)).toEqual([]);
  });

  /** A container that sleeps. */
  const start = (lender: NamespaceLender | null): Promise<Container> => {
    const source = lender && { lender, folder: join(folder, String(containers.length)) };
    return startAlone(source, SPEC, async (spec, started) => {
      const container = await engine.createContainer(spec);
      containers.push(container);
      await container.start();
      started();
      return container;
    });
  };
  const startInOne = async () => {
    await untilReady(namespaces);
    const container = await start(namespaces);
    const { HostConfig } = await container.inspect();
    expect(HostConfig.NetworkMode).toMatch(/^container:/);
    return container;
  };
  const inside = async ({ id }: Container, ...command: string[]) => {
    const { all } = await execa('docker', ['exec', id, ...command], { all: true, reject: false });
    return all;
  };
  const nameOf = (container: Container) => inside(container, 'readlink', '/proc/self/ns/net');

  test('has one container in it, and never another: not the maker, not the host', async () => {
    const [first, second] = [await startInOne(), await startInOne()];
    await untilReady(namespaces);
    const [makerId = ''] = await makersOf(engine, runnerId);
    const maker = engine.getContainer(makerId);
    const names = [
      await nameOf(first),
      await nameOf(second),
      await inside(maker, '/usr/bin/perl', '-e', 'print readlink "/proc/1/ns/net"'),
      await readlink('/proc/self/ns/net'),
    ];
    expect(names).toEqual(names.map(() => expect.stringMatching(/^net:\[\d+\]$/)));
    expect(new Set(names).size).toBe(4);
  });

  test('leads to no other, on the loopback interface or by a name without a file', async () => {
    const listener = await startInOne();
    const program = `
      const { createServer } = require('node:net');
      for (const where of [{ host: '127.0.0.1', port: 3128 }, { path: '\\0appflux' }])
        createServer((socket) => socket.end('reached')).listen(where);`;
    await execa('docker', ['exec', '--detach', listener.id, 'node', '-e', program]);
    const asking = `
      const { connect } = require('node:net');
      for (const where of [{ host: '127.0.0.1', port: 3128 }, { path: '\\0appflux' }])
        connect(where).on('data', (text) => console.log(String(text))).on('error', ({ code }) => console.log(code));`;
    await expect.poll(() => inside(listener, 'node', '-e', asking)).toBe('reached\nreached');
    expect(await inside(await startInOne(), 'node', '-e', asking)).toBe('ECONNREFUSED\nECONNREFUSED');
  });

  test('shares no file with another by which the one could notice or lock out the other', async () => {
    const [locking, other] = [await startInOne(), await startInOne()];
    await untilReady(namespaces);
    const [makerId = ''] = await makersOf(engine, runnerId);
    const { HostsPath, HostnamePath, ResolvConfPath } = await engine.getContainer(makerId).inspect();
    const makers = await Promise.all([HostsPath, HostnamePath, ResolvConfPath].map((path) => stat(path)));
    for (const [index, name] of ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'].entries()) {
      await execa('docker', ['exec', '--detach', locking.id, 'flock', name, 'sleep', '600']);
      const lock = ['flock', '--nonblock', name, 'echo', 'locked'];
      await expect.poll(() => inside(locking, ...lock)).toBe('');
      expect([name, await inside(other, ...lock)]).toEqual([name, 'locked']);
      expect(await inside(other, 'stat', '-c', '%i', name)).not.toBe(String(makers[index]?.ino));
      expect(await inside(other, 'stat', '-c', '%a', name)).toBe('644');
    }
  });

  test('looks from inside as one of the engine does', async () => {
    const look = `hostname; cat /etc/hosts /etc/resolv.conf; ls /sys/class/net; cat /proc/net/dev /proc/net/if_inet6 \
      /proc/net/route /proc/net/tcp /proc/net/unix | grep -v '^Inter\\|^ face'
      for each in ipv6/conf/all/disable_ipv6 ipv4/ip_unprivileged_port_start ipv4/ping_group_range ipv4/ip_forward
      do cat /proc/sys/net/$each; done
      grep Cap /proc/self/status; cut -d ' ' -f 5-6 /proc/self/mountinfo | grep -v /lowerdir`;
    const [made, engines] = [await startInOne(), await start(null)];
    const seen = await inside(made, 'bash', '-c', look);
    expect(seen).toBe(await inside(engines, 'bash', '-c', look));
    expect(seen).toMatch(/^build\n/);
    expect(seen).toMatch(/^\/etc\/hosts ro/m);
  });

  test('is made by what holds nothing but programs of the host, which it can’t change', async () => {
    const [makerId = ''] = await makersOf(engine, runnerId);
    const maker = engine.getContainer(makerId);
    const { Mounts, Config } = await maker.inspect();
    expect(Mounts.map(({ Source, RW }) => [Source, RW])).toEqual(expect.arrayContaining([['/usr', false]]));
    expect(Mounts.filter(({ RW, Source }) => RW || !['/usr', '/lib', '/lib64'].includes(Source))).toEqual([]);
    expect(Config.Env).toEqual(['PATH=/usr/bin']);
    const files = 'print map { "$_\\n" } grep { !-d && !-l } map { glob "/$_" } "*", "etc/*", ".*"';
    // What the engine puts into every container.
    expect((await inside(maker, '/usr/bin/perl', '-e', files)).trim().split('\n').sort()).toEqual([
      '/.dockerenv',
      '/etc/hostname',
      '/etc/hosts',
      '/etc/resolv.conf',
    ]);
  });

  test('does not keep an engine from shutting down', async () => {
    const [makerId = ''] = await makersOf(engine, runnerId);
    const maker = engine.getContainer(makerId);
    await maker.stop({ t: 300 });
    expect((await maker.inspect()).State.Running).toBe(false);
  });

  test('is made by another maker if one does not answer', async () => {
    const [frozen = ''] = await makersOf(engine, runnerId);
    const lent = namespaces.lend();
    await engine.getContainer(frozen).pause();
    lent.giveBack();
    await expect.poll(() => makersOf(engine, runnerId)).toEqual([]);
    namespaces.lend().giveBack();
    await untilReady(namespaces);
    expect(await makersOf(engine, runnerId)).toHaveLength(2);
  });

  test('is made by the engine if its maker is gone, and then by another maker', async () => {
    const [killed = ''] = await makersOf(engine, runnerId);
    const files = { hosts: '', hostname: '', 'resolv.conf': '' };
    const lent = { of: { id: killed, files }, giveBack: () => undefined, refuse: () => undefined };
    await engine.getContainer(killed).kill();
    expect((await (await start({ lend: () => lent })).inspect()).HostConfig.NetworkMode).toBe('none');
    await expect
      .poll(async () => {
        const container = await start(namespaces);
        return (await container.inspect()).HostConfig.NetworkMode;
      })
      .toMatch(/^container:/);
    expect(await makersOf(engine, runnerId)).not.toContain(killed);
  });
});

test('a namespace counts only if the host has the maker in it, whatever its program says', async ({
  skip,
}) => {
  if (why !== null) return skip(why);
  const elsewhere: Engine = Object.assign(Object.create(engine), {
    createContainer: async (spec: ContainerCreateOptions) => {
      const container = await engine.createContainer(spec);
      const inspect = container.inspect.bind(container);
      // As a kernel of its own would have it: the process that the engine knows stays where it is.
      const stays = async () => {
        const info = await inspect();
        return { ...info, State: { ...info.State, Pid: process.pid } };
      };
      return Object.assign(container, { inspect: stays });
    },
  });
  const runnerId = newRunnerId();
  await expect(openNamespaceMaker(elsewhere, runnerId)).rejects.toThrow(
    /net:\[\d+\] is not that of the container on the host/,
  );
  expect(await makersOf(engine, runnerId)).toEqual([]);
});

test('a maker that outlives its engine is removed when another is made', async ({ skip }) => {
  if (why !== null) return skip(why);
  const own = await startPrivateEngine({ liveRestore: true });
  try {
    const runnerId = newRunnerId();
    const namespaces = await readyNamespaces(own.engine, runnerId);
    const [first] = await makersOf(own.engine, runnerId);
    const lent = namespaces.lend();
    await own.end('SIGKILL');
    lent.giveBack();
    await own.start();
    expect(await makersOf(own.engine, runnerId)).toContain(first);
    await expect
      .poll(async () => {
        namespaces.lend().giveBack();
        return (await makersOf(own.engine, runnerId)).filter((id) => id !== first).length;
      })
      .toBe(2);
    await expect.poll(() => makersOf(own.engine, runnerId)).toHaveLength(2);
    expect(await makersOf(own.engine, runnerId)).not.toContain(first);
    await namespaces.close();
    expect(await makersOf(own.engine, runnerId)).toEqual([]);
  } finally {
    await own.close();
  }
});
