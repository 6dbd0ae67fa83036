import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { incomingKey, siteManifestKey, sitePackKey } from '../../storage/keys.ts';
import { PIN_MS, PUT_WITHIN_MS } from './decide.ts';
import { type PublishOutcome, type SiteRows, SiteStore } from './site-store.ts';
import { EMPTY_SITE_STATE, type SiteState } from './state.ts';

const APP = '66f2a1c04b7e9d0000000001';
const HOUR = 3600_000;

class Crash extends Error {}

/** Rows and a bucket that outlive the store, a clock, and an alarm that rings when it is due. */
class World {
  state: SiteState = EMPTY_SITE_STATE;
  readonly bucket = new Map<string, string>();
  time = Date.UTC(2026, 10, 1);
  alarmAt: number | null = null;
  /** How many steps until it crashes; null for never. */
  crashIn: number | null = null;
  store = this.#open();

  #open(): SiteStore {
    const rows: SiteRows = {
      read: () => this.state,
      write: (_, after) => {
        this.#step();
        this.state = after;
      },
    };
    const objects = {
      put: async (key: string, body: unknown) => {
        this.#step();
        this.bucket.set(key, new TextDecoder().decode(body as Uint8Array));
        this.#step();
      },
      delete: async (keys: string[]) => {
        for (const key of keys) {
          this.#step();
          this.bucket.delete(key);
        }
        this.#step();
      },
    };
    const store: SiteStore = new SiteStore({
      appId: APP,
      rows,
      objects,
      isStored: async (id) => this.bucket.has(siteManifestKey(APP, id)),
      findAll: async () => this.found(),
      now: () => this.time,
      onChange: () => this.#rearm(store),
      onFailure: (_, error) => expect(error).toBeInstanceOf(Crash),
    });
    return store;
  }

  /** What the manifests in the bucket say: they are the names of their packs. */
  found() {
    return [...this.bucket].flatMap(([key, text]) => {
      const deploymentId = /manifests\/(\w+)\.json\.gz$/.exec(key)?.[1];
      const names = text.split(' ').slice(2);
      return deploymentId === undefined
        ? []
        : [{ deploymentId, packs: names.map((name) => ({ name, size: 10 })) }];
    });
  }

  #rearm(store: SiteStore): void {
    const due = store.nextDue();
    if (due !== null) this.alarmAt = Math.min(this.alarmAt ?? due, due);
  }

  #step(): void {
    if (this.crashIn === null) return;
    if (this.crashIn <= 0) throw new Crash();
    this.crashIn -= 1;
  }

  /** Does a call; `null` when the object stopped in the middle of it, and starts again. */
  async call<Result>(
    crashIn: number | null,
    work: (store: SiteStore) => Promise<Result>,
  ): Promise<Result | null> {
    this.crashIn = crashIn;
    try {
      return await work(this.store);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.store = this.#open();
      return null;
    } finally {
      this.crashIn = null;
    }
  }

  /** Lets time pass, with the alarms that ring meanwhile. */
  async wait(ms: number, crashIn: number | null = null): Promise<void> {
    const until = this.time + ms;
    let crash = crashIn;
    while (this.alarmAt !== null && this.alarmAt <= until) {
      this.time = Math.max(this.time, this.alarmAt);
      this.alarmAt = null;
      const done = await this.call(crash, async (store) => {
        await store.sweep();
        return true;
      });
      crash = null;
      // The platform rings again when a handler has failed.
      if (done === null) this.alarmAt = this.time + 5_000;
      this.#rearm(this.store);
    }
    this.time = until;
  }
}

/** What the world outside knows: which deployments are published, and in which packs. */
interface Known {
  packs: string[];
  sha256: string;
}

const Command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      reuse: fc.nat(3),
      /** A publication that is removed while the pack is uploaded, and how long that takes. */
      removes: fc.option(fc.nat(7)),
      hours: fc.constantFrom(0, 0, 1, 3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('republish' as const), which: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const), which: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.nat(3) }) },
);
const History = fc.array(fc.tuple(Command, fc.option(fc.nat(9))), { maxLength: 40 });

const idOf = (n: number) => n.toString(16).padStart(24, '0');

describe('a history of calls, with crashes between any two steps', () => {
  test('nothing that a publication points to is ever missing, and nothing else stays', async () => {
    await fc.assert(
      fc.asyncProperty(History, async (history) => {
        const world = new World();
        const known = new Map<string, Known>();
        const requests = new Map<string, Parameters<SiteStore['publish']>>();
        let count = 0;

        const publish = async (
          deploymentId: string,
          attempt: number,
          reuse: number,
          {
            meanwhile,
            mayExpire,
            crashIn,
          }: { meanwhile: () => Promise<void>; mayExpire: boolean; crashIn: number | null },
        ): Promise<void> => {
          const base = await world.call(null, (store) =>
            store.base({ deploymentId, attempt, branch: 'main' }),
          );
          const name = `${deploymentId}-${attempt}`;
          await world.call(null, (store) => store.expect(name, { deploymentId, attempt }));
          world.bucket.set(incomingKey(sitePackKey(APP, name)), 'late');
          const before = base === null ? [] : (world.state.publications.get(base.deploymentId)?.packs ?? []);
          await meanwhile();
          if (base !== null && !mayExpire)
            expect(world.bucket.get(siteManifestKey(APP, base.deploymentId))).toBe(base.sha256);
          const packs = [...before.slice(0, reuse), ...(reuse === 3 ? [] : [name])];
          const sha256 = [deploymentId, attempt, ...packs].join(' ');
          const args: Parameters<SiteStore['publish']> = [
            {
              deploymentId,
              attempt,
              branch: 'main',
              environment: 'production',
              pack: { name, size: 10 },
              packs,
              manifest: { size: 1, sha256 },
            },
            new TextEncoder().encode(sha256),
          ];
          // What the deployment does before it takes over what was uploaded.
          if (!(await world.call(null, (store) => store.expect(name, { deploymentId, attempt })))) return;
          world.bucket.set(sitePackKey(APP, name), name);
          requests.set(deploymentId, args);
          let outcome: PublishOutcome | null = await world.call(crashIn, (store) => store.publish(...args));
          // Its deployment asks again when it got no answer.
          outcome ??= await world.call(null, (store) => store.publish(...args));
          if (outcome === 'base_gone' && mayExpire) {
            await world.call(null, (store) => store.discard(deploymentId, null));
            known.delete(deploymentId);
            return;
          }
          expect(outcome).toBe('ok');
          known.set(deploymentId, { packs, sha256 });
        };

        const remove = async (id: string, crashIn: number | null) => {
          known.delete(id);
          const done = await world.call(crashIn, (store) => store.remove(id).then(() => true));
          // Who removes it tries again, unless the first call came far enough for the alarm to do the rest.
          if (done === null && world.state.publications.get(id)?.state !== 'removing')
            await world.call(null, (store) => store.remove(id));
        };

        const check = () => {
          for (const [id, { packs, sha256 }] of known) {
            expect(world.bucket.get(siteManifestKey(APP, id))).toBe(sha256);
            for (const name of packs) expect(world.bucket.get(sitePackKey(APP, name))).toBe(name);
          }
        };

        for (const [command, crashIn] of history) {
          const one = 'which' in command ? [...requests.keys()][command.which] : undefined;
          switch (command.do) {
            case 'publish':
              count += 1;
              await publish(idOf(count), 1, command.reuse, {
                crashIn,
                mayExpire: command.hours * HOUR >= PIN_MS,
                meanwhile: async () => {
                  const other = command.removes === null ? undefined : [...known.keys()][command.removes];
                  if (other !== undefined) await remove(other, null);
                  await world.wait(command.hours * HOUR);
                },
              });
              break;
            case 'republish':
              if (one !== undefined && known.has(one))
                await publish(one, (world.state.publications.get(one)?.attempt ?? 0) + 1, 1, {
                  crashIn,
                  mayExpire: false,
                  meanwhile: async () => undefined,
                });
              break;
            case 'remove':
              if (one !== undefined) await remove(one, crashIn);
              break;
            case 'late': {
              const args = one === undefined || known.has(one) ? undefined : requests.get(one);
              if (args === undefined) break;
              expect(await world.call(null, (store) => store.publish(...args))).not.toBe('ok');
              break;
            }
            case 'abandon': {
              count += 1;
              const name = `${idOf(count)}-1`;
              await world.call(null, (store) =>
                store.base({ deploymentId: idOf(count), attempt: 1, branch: null }),
              );
              await world.call(null, (store) =>
                store.expect(name, { deploymentId: idOf(count), attempt: 1 }),
              );
              world.bucket.set(incomingKey(sitePackKey(APP, name)), 'abandoned');
              break;
            }
            case 'wait':
              await world.wait(command.hours * HOUR, crashIn);
          }
          check();
        }

        await world.wait(PIN_MS + PUT_WITHIN_MS + HOUR);
        check();
        const reachable = new Set(
          [...known].flatMap(([id, { packs }]) => [
            siteManifestKey(APP, id),
            ...packs.map((name) => sitePackKey(APP, name)),
          ]),
        );
        expect(new Set(world.bucket.keys())).toEqual(reachable);
        // A waiting store costs nothing: no alarm is set, and only what is published is remembered.
        expect(world.store.nextDue()).toBeNull();
        expect(new Set(world.state.publications.keys())).toEqual(new Set(known.keys()));

        await world.call(null, (store) => store.destroy());
        await world.wait(PUT_WITHIN_MS + HOUR);
        expect([...world.bucket.keys()]).toEqual([]);
        expect(world.store.isEmpty).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
});

test.each([1, 2, 3])(
  'an attempt goes on with a pack whose publication broke off after %d steps, until it is removed',
  async (steps) => {
    const world = new World();
    const by = { deploymentId: '66f2a1c04b7e9d0000000002', attempt: 1 };
    const other = { ...by, attempt: 2 };
    const request = {
      ...by,
      branch: null,
      environment: 'production',
      pack: { name: 'one', size: 10 },
      packs: ['one'],
      manifest: { size: 10, sha256: '0'.repeat(64) },
    };
    const manifest = new TextEncoder().encode('a manifest one');
    expect(await world.call(null, (store) => store.expect('one', by))).toBe(true);
    world.bucket.set(sitePackKey(APP, 'one'), 'one');
    await world.call(steps, (store) => store.publish(request, manifest));
    expect(await world.call(null, (store) => store.expect('one', other))).toBe(false);
    expect(await world.call(null, (store) => store.expect('one', by))).toBe(true);
    expect(await world.call(null, (store) => store.publish(request, manifest))).toBe('ok');
    expect(world.bucket.size).toBe(2);
    await world.call(null, (store) => store.remove(by.deploymentId));
    expect(await world.call(null, (store) => store.expect('one', by))).toBe(false);
    await world.wait(2 * PUT_WITHIN_MS);
    expect([...world.bucket.keys(), ...world.state.packs.keys()]).toEqual([]);
  },
);
