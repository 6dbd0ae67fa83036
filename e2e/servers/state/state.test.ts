/** State of sites: who reaches what, what it may hold, and what the control plane does with it. */
import { DatabaseSync } from 'node:sqlite';
import type { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost } from './workers.ts';

const QUOTA_MB = 4;
let host: Miniflare;

beforeAll(async () => {
  host = await startHost(QUOTA_MB);
});
afterAll(() => host?.dispose());

/** Each test has an App of its own. */
let apps = 0;
const newApp = () => (++apps).toString(16).padStart(24, 'a');

const PREVIEW = 'preview';
const FORK = `fork-${'b'.repeat(24)}`;

async function attack(name: string, app: string, scope = 'production', swap = ''): Promise<Outcome> {
  const asked = new URLSearchParams({ name, app, scope, swap });
  const response = await host.dispatchFetch(`http://test/attack?${asked}`);
  return (await response.json()) as Outcome;
}

interface Outcome {
  readonly value?: unknown;
  readonly message?: string;
}

const control = (path: string, method = 'GET') =>
  host.dispatchFetch(`http://servers/state/${path}`, { method });
const usage = async (app: string) => ((await (await control(app)).json()) as { items: unknown[] }).items;

describe('a hostile site', () => {
  it('finds nothing on its entrypoints but their methods', async () => {
    const app = newApp();
    const { value } = await attack('other members', app);
    expect(new Set(value as string[])).toEqual(new Set(['refused']));
    expect(await usage(app)).toEqual([]);
  });

  it('is refused what is no key, value or statement', async () => {
    const { value } = await attack('odd arguments', newApp());
    const [threw, ...others] = [...new Set(value as unknown[])].map(String).sort();
    expect([threw, ...others]).not.toContain('threw');
    // A statement that is an ordinary text, and a parameter that is one.
    expect((value as unknown[]).filter((each) => each === true)).toHaveLength(2);
  });

  it.each(['a result without end', 'a huge value'])('gets an error for %s', async (name) => {
    const { value } = await attack(name, newApp());
    expect(JSON.stringify([value].flat())).toMatch(/D1_ERROR: (The result is larger|string or blob too big)/);
  });

  it('does not reach another scope or App', async () => {
    const [app, other] = [newApp(), newApp()];
    await attack('write marker', app);
    expect((await attack('read marker', app)).value).toEqual(['mine', 1]);
    for (const [which, scope] of [
      [app, PREVIEW],
      [app, FORK],
      [other, 'production'],
    ] as const) {
      expect((await attack('read marker', which, scope)).value).toEqual([null, 0]);
    }
  });

  it('lists all of many keys, each once and in order', async () => {
    expect((await attack('many keys', newApp())).value).toEqual([1200, true]);
  });
});

describe('the quota', () => {
  it('refuses a statement that writes beyond it, all of it, and allows it once there is room', async () => {
    const { value } = await attack('fill by statement', newApp());
    const [within, beyond, kept, again] = value as [Outcome, Outcome, number, Outcome];
    expect([within.value, kept, again.value]).toEqual([true, 10, true]);
    expect(beyond.message).toContain('The quota for the state of this app is used up.');
  });

  it('refuses keys beyond it, but not to delete some', async () => {
    const [outcomes, after] = (await attack('fill by keys', newApp())).value as [Outcome[], Outcome];
    expect(outcomes.filter(({ message }) => message === undefined)).toHaveLength(3);
    expect(outcomes.at(-1)?.message).toContain('KV PUT failed: 507 The quota for the state of this app');
    expect(after).not.toHaveProperty('message');
  });

  it('is one for all bindings and environments of an App, and of no other', async () => {
    const app = newApp();
    await attack('keep three', app);
    const [, more] = (await attack('keep three', app, PREVIEW)).value as Outcome[];
    expect(more?.message).toContain('used up');
    expect(JSON.stringify((await attack('keep three', newApp())).value)).not.toContain('used up');
  });
});

describe('the control plane', () => {
  it('lists what there is with its size', async () => {
    const app = newApp();
    await attack('write marker', app);
    await attack('read marker', app, PREVIEW);
    expect(await usage(app)).toEqual([
      expect.objectContaining({ scope: PREVIEW, binding: 'DB', kind: 'sqlite', entries: 0 }),
      expect.objectContaining({ scope: PREVIEW, binding: 'KV', kind: 'kv', entries: 0 }),
      { scope: 'production', binding: 'DB', kind: 'sqlite', bytes: expect.any(Number), entries: 1 },
      { scope: 'production', binding: 'KV', kind: 'kv', bytes: expect.any(Number), entries: 1 },
    ]);
  });

  it('exports a database as SQL that SQLite reads back', async () => {
    const app = newApp();
    const { rows, numbers } = (await attack('odd database', app)).value as {
      rows: unknown;
      numbers: unknown;
    };
    const dump = await (await control(`${app}/production/DB/export`)).text();
    const copy = new DatabaseSync(':memory:', {
      enableForeignKeyConstraints: false,
      defensive: false,
    } as object);
    copy.exec(dump);
    const read = copy.prepare('SELECT quote(a) AS a, hex(b) AS b, typeof(c) AS c FROM "odd ""table"""').all();
    expect(read.map((row) => Object.values(row))).toEqual(rows);
    const all = (sql: string) =>
      copy
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)[0]);
    expect(all('SELECT seq FROM sqlite_sequence')).toEqual([41]);
    expect(all('SELECT doubled FROM generated')).toEqual([84]);
    expect(
      all(
        "SELECT type FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY 1",
      ),
    ).toEqual(['index', 'trigger', 'view']);
    expect(all('SELECT count(*) || sum(b) || min(a) FROM pairs')).toEqual(['3004515031']);
    expect(all('SELECT count(DISTINCT oid) || count(DISTINCT rowid) FROM shadowed')).toEqual(['300300']);
    expect(
      all('SELECT count(*) || min(id) || max(id) || CAST(sum(id % 1000) AS TEXT) FROM numbered'),
    ).toEqual(numbers);
    expect(all('SELECT n FROM seen')).toEqual([1]);
    copy.close();
  });

  it('exports keys as lines of JSON', async () => {
    const app = newApp();
    await attack('odd keys', app);
    const response = await control(`${app}/production/KV/export`);
    expect(response.headers.get('X-State-Kind')).toBe('kv');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { key: 'bytes', value: 'AP+A', base64: true },
      { key: 'empty', value: '' },
      { key: 'expires', value: 'x', expiration: 2_100_000_000, metadata: { a: [1] } },
      { key: 'line\nbreak', value: '\uFEFFtext "quoted"' },
      { key: 'long bytes', value: Buffer.alloc(100_000, 255).toString('base64'), base64: true },
      { key: 'long text', value: `${'x'.repeat(3 * 8192 - 1)}${'🏠'.repeat(30_000)}` },
    ]);
  });

  it('empties a binding, which begins again with nothing', async () => {
    const app = newApp();
    await attack('write marker', app);
    expect((await control(`${app}/production/KV`, 'DELETE')).status).toBe(204);
    expect((await control(`${app}/production/KV`, 'DELETE')).status).toBe(404);
    expect(await usage(app)).toHaveLength(1);
    expect((await attack('read marker', app)).value).toEqual([null, 1]);
    await control(`${app}/production/DB`, 'DELETE');
    await attack('write marker', app);
    expect(await usage(app)).toHaveLength(2);
  });

  it('removes what a fork has, and then all that the App has, permanently', async () => {
    const app = newApp();
    for (const scope of ['production', PREVIEW, FORK]) await attack('write marker', app, scope);
    expect(await (await control(`${app}/${FORK}`, 'DELETE')).json()).toEqual({ left: 0 });
    expect(await usage(app)).toHaveLength(4);
    const afterwards = await attack('write marker', app, FORK);
    expect(afterwards.message).toContain('This state was removed with its app or deployment.');
    expect(await (await control(app, 'DELETE')).json()).toEqual({ left: 0 });
    for (const scope of ['production', PREVIEW]) {
      expect((await attack('write marker', app, scope)).message).toContain('removed');
    }
    expect(await usage(app)).toEqual([]);
  });

  it.each([
    'x',
    `${'a'.repeat(24)}/staging/KV`,
    `${'a'.repeat(24)}/production/ASSETS`,
    `${'a'.repeat(24)}/production/a:b/export`,
    `${'a'.repeat(24)}/production/KV/export/more`,
    '../state',
  ])('gets a 404 for %s', async (path) => {
    for (const method of ['GET', 'DELETE', 'POST']) expect((await control(path, method)).status).toBe(404);
  });
});

it('a name that was key-value pairs is no database, until it is deleted', async () => {
  const app = newApp();
  await attack('write marker', app);
  const swapped = await attack('swapped kinds', app, 'production', 'yes');
  expect(swapped.message).toContain(
    'KV holds state of the kind "kv" in production. Delete it with `appflux state delete`',
  );
  await control(`${app}/production/KV`, 'DELETE');
  expect((await attack('swapped kinds', app, 'production', 'yes')).value).toBe('works');
});
