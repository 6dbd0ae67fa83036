import { env } from 'cloudflare:workers';
import { utf8Bytes } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { Database } from '../metadata/d1/database.ts';
import type { OfferMessage } from '../queue-messages.ts';
import { attach } from './attachment.ts';
import { sendMessage } from './message.ts';
import {
  MAX_ATTACHMENT_BYTES,
  MAX_BOUND_VALUES,
  MAX_MESSAGE_BYTES,
  MAX_ROW_BYTES,
  MAX_STATEMENT_BYTES,
} from './platform.ts';
import { requireStatement } from './statement.ts';

const refused = (what: string) => ({ code: 'unprocessable', message: expect.stringContaining(what) });

describe('a statement', () => {
  test('whose values are as large as a row is run, and one with a byte more is not', () => {
    const sql = 'INSERT INTO t VALUES (?, ?)';
    requireStatement(sql, ['x'.repeat(MAX_ROW_BYTES / 2), 'y'.repeat(MAX_ROW_BYTES / 2)]);
    expect(() =>
      requireStatement(sql, ['x'.repeat(MAX_ROW_BYTES / 2), 'y'.repeat(MAX_ROW_BYTES / 2 + 1)]),
    ).toThrow(expect.objectContaining(refused('What is to be stored')));
  });

  test('is measured in bytes, not in characters', () => {
    const text = '€'.repeat(MAX_ROW_BYTES / 3);
    requireStatement('INSERT INTO t VALUES (?)', [text]);
    expect(() => requireStatement('INSERT INTO t VALUES (?)', [`${text}€`])).toThrow('too large');
    expect(() => requireStatement('INSERT INTO t VALUES (?)', [new Uint8Array(MAX_ROW_BYTES + 1)])).toThrow(
      'too large',
    );
  });

  test('has 100 values at most', () => {
    const values = Array.from({ length: MAX_BOUND_VALUES }, (_, index) => index);
    requireStatement('SELECT 1', values);
    expect(() => requireStatement('SELECT 1', [...values, null])).toThrow(
      expect.objectContaining(refused('The number of values')),
    );
  });

  test('has 100,000 bytes at most', () => {
    const ofLength = (length: number) => `SELECT '${'x'.repeat(length - 9)}'`;
    requireStatement(ofLength(MAX_STATEMENT_BYTES), []);
    expect(() => requireStatement(ofLength(MAX_STATEMENT_BYTES + 1), [])).toThrow(
      expect.objectContaining(refused('The statement')),
    );
  });

  test('of D1 is refused before it is sent, and is no outage', async () => {
    const database = new Database(env.METADATA);
    const large = 'x'.repeat(MAX_ROW_BYTES + 1);
    const sql = 'SELECT length(?) AS l';
    await expect(database.first(sql, large)).rejects.toMatchObject(refused('What is to be stored'));
    await expect(database.run(sql, large)).rejects.toMatchObject(refused('What is to be stored'));
    await expect(database.all(sql, large)).rejects.toMatchObject(refused('What is to be stored'));
    await expect(database.batch([{ sql, values: [large] }])).rejects.toMatchObject(
      refused('What is to be stored'),
    );
    expect(await database.first(sql, large.slice(1))).toEqual({ l: MAX_ROW_BYTES });
  });
});

test('a message as large as a queue accepts is sent, and one with a byte more is not', async () => {
  const sent: OfferMessage[] = [];
  const queue = { send: async (message: OfferMessage) => void sent.push(message) };
  const ofSize = (size: number): OfferMessage => {
    const empty = JSON.stringify({ kind: 'offer', deploymentId: '' });
    return { kind: 'offer', deploymentId: 'x'.repeat(size - empty.length) };
  };
  await sendMessage(queue as unknown as Queue<OfferMessage>, ofSize(MAX_MESSAGE_BYTES));
  await expect(
    sendMessage(queue as unknown as Queue<OfferMessage>, ofSize(MAX_MESSAGE_BYTES + 1)),
  ).rejects.toMatchObject(refused('The message'));
  expect(sent.map((message) => utf8Bytes(JSON.stringify(message)))).toEqual([MAX_MESSAGE_BYTES]);
  // The real queue accepts what we do.
  await env.DEPLOY_QUEUE.send(ofSize(MAX_MESSAGE_BYTES));
});

test('an attachment of the largest size is one that the platform keeps', () => {
  const { 0: client, 1: server } = new WebSocketPair();
  const ofSize = (size: number) => ({ text: 'x'.repeat(size - 11) });
  attach(server, ofSize(MAX_ATTACHMENT_BYTES));
  expect(server.deserializeAttachment()).toEqual(ofSize(MAX_ATTACHMENT_BYTES));
  expect(() => attach(server, ofSize(MAX_ATTACHMENT_BYTES + 1))).toThrow(
    expect.objectContaining(refused('The attachment')),
  );
  client.accept();
  client.close();
});

declare global {
  interface ImportMeta {
    /** Vite's: the files of a pattern (https://vite.dev/guide/features#glob-import). */
    glob(patterns: string[], options: object): Record<string, string>;
  }
}

/** Every source file of the Worker but its tests, by path. */
const sources = import.meta.glob(['../**/*.ts', '!../**/*.test.ts', '!../**/testing/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** What goes past the limits, and the files that may, because they are what checks. */
const PAST: Record<string, { pattern: RegExp; examples: string[]; except: string[] }> = {
  'SQL of an object': {
    pattern: /^(?!.*limitedSql\().*(?:\bstorage\.sql\b|\{[^}]*\bsql\b[^}]*\} = .*storage)/m,
    examples: ['this.#sql = ctx.storage.sql;', 'const { sql } = ctx.storage;'],
    // Statements of sites: statements.ts, beside it, measures them.
    except: ['../servers/host/state/object.ts'],
  },
  'a statement of D1': {
    pattern: /\.prepare\(/,
    examples: ['env.METADATA.prepare(sql)'],
    except: ['../metadata/d1/database.ts', '../metadata/copy/d1.ts'],
  },
  'a message': {
    pattern: /\bqueue\.send\(|_QUEUE\.send\(|\.sendBatch\(/,
    examples: ['await env.EVENT_QUEUE.send({})', 'queue.sendBatch([])'],
    except: ['./message.ts'],
  },
  'an attachment': {
    pattern: /\.serializeAttachment\(/,
    examples: ['ws.serializeAttachment({})'],
    except: ['./attachment.ts'],
  },
};

describe('nothing goes past the limits', () => {
  const files = Object.entries(sources);

  test('all sources are looked at', () => {
    expect(files.length).toBeGreaterThan(150);
    expect(Object.keys(sources)).toContain('../deployment/object.ts');
  });

  test.each(Object.entries(PAST))('%s', (_, { pattern, examples, except }) => {
    for (const example of examples) expect(example).toMatch(pattern);
    const past = files.filter(([path, text]) => !except.includes(path) && pattern.test(text));
    expect(past.map(([path]) => path)).toEqual([]);
    // An exception that nothing needs any more is one that hides the next.
    for (const path of except) expect(sources[path]).toMatch(pattern);
  });
});
