import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keptJournal } from '../../testing/docker.ts';
import { connectEngine } from '../engine.ts';
import { type LentNamespace, startAlone } from '../start-alone.ts';
import type { NamespaceMaker } from './namespace-maker.ts';
import { NetworkNamespaces } from './network-namespaces.ts';

const FILES = { hosts: '127.0.0.1 localhost\n', hostname: 'build\n', 'resolv.conf': '' };

/** A maker whose container does what a test says. */
class FakeMaker implements NamespaceMaker {
  readonly id: string;
  readonly files = FILES;
  /** The number of the namespace that it is in. */
  namespace: number;
  lost = false;
  removed = 0;
  failsToGo = false;
  readonly #next: () => number;
  #renewing: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(id: number, next: () => number) {
    this.id = `maker ${id}`;
    this.#next = next;
    this.namespace = next();
  }

  renew(): Promise<void> {
    if (this.lost) return Promise.reject(new Error('it has ended'));
    return new Promise((resolve, reject) => {
      this.#renewing = { resolve, reject };
    });
  }

  answer(): void {
    if (this.#renewing === null) return;
    this.namespace = this.#next();
    this.#renewing.resolve();
    this.#renewing = null;
  }

  end(): void {
    this.lost = true;
    this.#renewing?.reject(new Error('it has ended'));
    this.#renewing = null;
  }

  async remove(): Promise<void> {
    if (this.failsToGo) throw new Error('the engine is away');
    this.removed += 1;
    this.end();
  }
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-namespaces-'));
});
afterAll(() => rm(folder, { recursive: true }));

const settled = () => new Promise((resolve) => setImmediate(resolve));

function bench(most: number, isBroken: () => boolean = () => false) {
  const makers: FakeMaker[] = [];
  let made = 0;
  const { journal, lines } = keptJournal();
  const open = async () => {
    if (isBroken()) throw new Error('no such program');
    const maker = new FakeMaker(makers.length, () => ++made);
    makers.push(maker);
    return maker;
  };
  const options = { engine: connectEngine(), runnerId: 'r', journal, most, open };
  return { makers, lines, namespaces: new NetworkNamespaces(options), options };
}

test('no two containers start in the same namespace, whatever happens to the makers', async () => {
  const step = fc.record({
    kind: fc.constantFrom('lend', 'give back', 'answer', 'end'),
    which: fc.nat(5),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 3 }),
      fc.array(step, { maxLength: 40 }),
      async (most, steps) => {
        const { makers, namespaces } = bench(most);
        const lent: LentNamespace[] = [];
        const used: number[] = [];
        for (const { kind, which } of steps) {
          const maker = makers[which % Math.max(makers.length, 1)];
          if (kind === 'lend') {
            const namespace = namespaces.lend();
            const of = makers.find(({ id }) => id === namespace.of?.id);
            if (of !== undefined) used.push(of.namespace);
            lent.push(namespace);
          } else if (kind === 'give back') lent.splice(which, 1)[0]?.giveBack();
          else if (kind === 'answer') maker?.answer();
          else maker?.end();
          await settled();
        }
        expect(new Set(used).size).toBe(used.length);
        expect(makers.filter(({ removed }) => removed === 0).length).toBeLessThanOrEqual(most);
        await namespaces.close();
        expect(makers.map(({ removed }) => removed)).toEqual(makers.map(() => 1));
      },
    ),
  );
});

test('one is opened behind the first start, and serves the next', async () => {
  const { makers, namespaces } = bench(2);
  const first = namespaces.lend();
  await settled();
  expect([first.of, makers]).toEqual([null, []]);
  first.giveBack();
  first.giveBack();
  await settled();
  expect(makers).toHaveLength(1);
  const second = namespaces.lend();
  expect(second.of?.id).toBe('maker 0');
  second.giveBack();
  await settled();
  expect(namespaces.lend().of).toBeNull();
  makers[0]?.answer();
  await settled();
  expect(namespaces.lend().of?.id).toBe('maker 0');
});

test('a host that can make none warns once, and does not try again so soon', async () => {
  let isBroken = true;
  const { options, lines, makers } = bench(1, () => isBroken);
  const startOn = async (namespaces: NetworkNamespaces) => {
    namespaces.lend().giveBack();
    await settled();
  };
  const patient = new NetworkNamespaces(options);
  for (const _ of [1, 2, 3]) await startOn(patient);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('no such program');
  const hasty = new NetworkNamespaces({ ...options, retryAfterMs: 0 });
  for (const _ of [1, 2, 3]) await startOn(hasty);
  expect(lines).toHaveLength(2);
  isBroken = false;
  await startOn(hasty);
  expect(makers).toHaveLength(1);
});

test('a maker that comes when all is closed is removed', async () => {
  const { namespaces, makers } = bench(1);
  namespaces.lend().giveBack();
  await namespaces.close();
  expect(makers.map(({ removed }) => removed)).toEqual([1]);
});

test('a start that fails in a namespace is tried again with one of the engine; a build is not', async () => {
  const spec = { Image: 'i', Hostname: 'build', HostConfig: { NetworkMode: 'none', Memory: 1 } };
  let givenBack = 0;
  const of = { id: 'maker', files: FILES };
  const refuse = () => {
    throw new Error('it was refused');
  };
  const lender = { lend: () => ({ of, giveBack: () => void givenBack++, refuse }) };
  const source = { lender, folder };
  const tried: unknown[] = [];
  const failing = startAlone(source, spec, async (given) => {
    tried.push(given);
    throw new Error(`attempt ${tried.length}`);
  });
  await expect(failing).rejects.toThrow('attempt 2');
  const Mounts = Object.keys(FILES).map((name) => ({
    Type: 'bind',
    Source: join(folder, 'etc', name),
    Target: `/etc/${name}`,
    ReadOnly: true,
  }));
  expect(tried).toEqual([
    { Image: 'i', HostConfig: { NetworkMode: 'container:maker', Memory: 1, Mounts } },
    spec,
  ]);
  expect(givenBack).toBe(1);
  const failedBuild = startAlone(source, spec, async (_, started) => {
    started();
    tried.push('build');
    throw new Error('the build failed');
  });
  await expect(failedBuild).rejects.toThrow('the build failed');
  expect(tried).toHaveLength(3);
});

test('a namespace in which a container can’t start is refused when it has started without', async () => {
  const spec = { HostConfig: { NetworkMode: 'none' } };
  const said: unknown[] = [];
  const lend = () => ({
    of: { id: 'maker', files: FILES },
    giveBack: () => void said.push('given back'),
    refuse: (error: unknown) => void said.push(error),
  });
  const refusal = new Error('the runtime can’t join it');
  const running = Promise.withResolvers<void>();
  const build = startAlone({ lender: { lend }, folder }, spec, async (given, started) => {
    if (given !== spec) throw refusal;
    started();
    await running.promise;
  });
  await vi.waitFor(() => expect(said).toEqual([refusal]));
  running.resolve();
  await build;
  expect(said.slice(0, 2)).toEqual([refusal, refusal]);
});

test('a host on which no container starts in one gets no more of them for a while, and a warning', async () => {
  const { namespaces, makers, lines } = bench(1);
  namespaces.lend().giveBack();
  await settled();
  const { of, giveBack, refuse } = namespaces.lend();
  expect(of?.id).toBe('maker 0');
  refuse(new Error('the runtime can’t join it'));
  giveBack();
  makers[0]?.answer();
  await settled();
  expect(makers[0]?.removed).toBe(1);
  expect(lines.join('')).toContain('the runtime can’t join it');
  namespaces.lend().giveBack();
  await settled();
  expect(makers).toHaveLength(1);
});

test('a maker that has ended meanwhile is no reason to make no more', async () => {
  const { namespaces, makers } = bench(1);
  namespaces.lend().giveBack();
  await settled();
  const { refuse } = namespaces.lend();
  makers[0]?.end();
  refuse(new Error('no such container'));
  await settled();
  namespaces.lend().giveBack();
  await settled();
  expect(makers).toHaveLength(2);
});

test('a start is not tried again if the engine stopped: the container may run when that is back', async () => {
  const spec = { HostConfig: { NetworkMode: 'none' } };
  const away = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  let tried = 0;
  const of = { id: 'maker', files: FILES };
  const lender = { lend: () => ({ of, giveBack: () => undefined, refuse: () => undefined }) };
  const failing = startAlone({ lender, folder }, spec, async () => {
    tried += 1;
    throw away;
  });
  await expect(failing).rejects.toBe(away);
  expect(tried).toBe(1);
});

test('a maker that could not be removed is removed with the next one that is opened, or at the end', async () => {
  const { namespaces, makers } = bench(1);
  const giveBack = () => namespaces.lend().giveBack();
  for (const index of [0, 1]) {
    giveBack();
    await settled();
    const maker = makers[index];
    if (maker === undefined) throw new Error('there is no maker');
    maker.failsToGo = true;
    giveBack();
    maker.end();
    await settled();
    expect(makers.map(({ removed }) => removed)).toEqual(makers.map((each) => (each === maker ? 0 : 1)));
    maker.failsToGo = false;
  }
  await namespaces.close();
  expect(makers.map(({ removed }) => removed)).toEqual([1, 1]);
});

test('a container with a network of the engine is given nothing', async () => {
  const lend = () => {
    throw new Error('it was asked');
  };
  const spec = { HostConfig: { NetworkMode: 'bridge' } };
  expect(await startAlone({ lender: { lend }, folder }, spec, async (given) => given)).toBe(spec);
});
