/** Reads that begin side by side are one call of D1, and none of them sees another's fault. */
import { env } from 'cloudflare:workers';
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types';
import { beforeEach, expect, test } from 'vitest';
import { Database } from './database.ts';

/** The statements of each call, in the order in which they were sent. */
let calls: string[][];

/** The database of the tests, which notes what it is asked. */
function noted(): D1Database {
  const db = env.METADATA as D1Database;
  const texts = new Map<D1PreparedStatement, string>();
  const spied = (text: string, statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get: (target, name) => {
        if (name === 'bind') return (...values: unknown[]) => spied(text, target.bind(...values));
        const member = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          calls.push([text]);
          return member.apply(target, given);
        };
      },
    });
    texts.set(proxy, text);
    originals.set(proxy, statement);
    return proxy;
  };
  const originals = new Map<D1PreparedStatement, D1PreparedStatement>();
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'prepare') return (text: string) => spied(text, target.prepare(text));
      if (name !== 'batch') return Reflect.get(target, name, target);
      return (statements: D1PreparedStatement[]) => {
        calls.push(statements.map((statement) => texts.get(statement) ?? ''));
        return target.batch(statements.map((statement) => originals.get(statement) ?? statement));
      };
    },
  });
}

let database: Database;

beforeEach(() => {
  calls = [];
  database = new Database(noted());
});

const number = (value: number) => database.first(`SELECT ${value} AS n`);

test('reads of one turn are one call, and each gets its own rows', async () => {
  const all = database.all('SELECT value AS n FROM json_each(?)', '[4,5]');
  const rows = await Promise.all([number(1), all, number(3), database.first('SELECT 1 AS n WHERE 0')]);
  expect(rows).toEqual([{ n: 1 }, [{ n: 4 }, { n: 5 }], { n: 3 }, null]);
  expect(calls.map((call) => call.length)).toEqual([4]);
});

test('one alone is asked alone, and later ones wait for no earlier ones', async () => {
  expect(await number(1)).toEqual({ n: 1 });
  expect(await number(2)).toEqual({ n: 2 });
  expect(calls).toEqual([['SELECT 1 AS n'], ['SELECT 2 AS n']]);
});

test('a read that is wrong fails for who asked it, and for nobody else', async () => {
  const [good, wrong, other] = await Promise.allSettled([
    number(1),
    database.first('SELECT * FROM no_such_table'),
    number(3),
  ]);
  expect([good, other]).toEqual([
    { status: 'fulfilled', value: { n: 1 } },
    { status: 'fulfilled', value: { n: 3 } },
  ]);
  expect(wrong).toMatchObject({ status: 'rejected', reason: expect.objectContaining({}) });
  expect(String(wrong.status === 'rejected' && wrong.reason)).toContain('no such table');
});

test('what changes rows is never gathered, comes after the reads before it and before those after it', async () => {
  await database.run('CREATE TABLE IF NOT EXISTS gathered (n INTEGER)');
  await database.run('DELETE FROM gathered');
  calls = [];
  const count = () => database.first('SELECT COUNT(*) AS n FROM gathered');
  const before = [count(), count()];
  const changed = database.run('INSERT INTO gathered VALUES (1)');
  const between = count();
  const returned = database.all('INSERT INTO gathered VALUES (2) RETURNING n');
  const after = [count(), count()];
  const batch = database.batch([{ sql: 'DELETE FROM gathered', values: [] }]);
  expect(await Promise.all([...before, between, ...after])).toEqual([0, 0, 1, 2, 2].map((n) => ({ n })));
  expect([await changed, await returned]).toEqual([1, [{ n: 2 }]]);
  expect(await batch).toMatchObject([{ changes: 2 }]);
  expect(calls.map((call) => call.map((text) => text.split(' ')[0]))).toEqual([
    ['SELECT', 'SELECT'],
    ['INSERT'],
    ['SELECT'],
    ['INSERT'],
    ['SELECT', 'SELECT'],
    ['DELETE'],
  ]);
  await database.run('DROP TABLE gathered');
});
