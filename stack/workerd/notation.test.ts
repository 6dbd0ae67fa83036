/** Values reach a Worker of the real workerd as they are, whatever characters they have. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { configText, type RuntimeConfig, variables } from './config.ts';
import { Embedded, notation, type Value, VOID } from './notation.ts';
import { startWorkerd } from './run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-notation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('structs, lists, scalars and files have their notation, and a field that is undefined has none', () => {
  const value: Value = {
    a: [1, true, 'x'],
    b: { c: VOID, d: undefined },
    e: new Embedded('f "g".js'),
    h: Uint8Array.of(0, 255),
    i: [],
  };
  expect(notation(value)).toBe(
    '(a = [1, true, "x"], b = (c = void), e = embed "f \\"g\\".js", h = 0x"00ff", i = [])',
  );
});

test('text, JSON and bytes of bindings arrive in a Worker', { timeout: 60_000 }, async () => {
  const texts = [
    '"quoted" and \\ and \\x41',
    'line\nbreak\r\n\ttab',
    '\u0001\u001f\u007f\u0085\u2028',
    'größer 漢字 🦊',
    '# no comment',
    '',
    ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 40 }), { numRuns: 300, seed: 1 }),
    ...fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), { numRuns: 300, seed: 2 }),
    // A configuration is UTF-8, and has no NUL and no half of a pair.
  ].filter((text) => text.isWellFormed() && !text.includes('\0'));
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  const port = await freePort();
  await writeFile(
    join(folder, 'main.js'),
    `export default { fetch: (_, { BYTES, ...env }) => Response.json({ env, bytes: [...new Uint8Array(BYTES)] }) };`,
  );
  const vars = {
    ...Object.fromEntries(texts.map((text, index) => [`TEXT_${index}`, text])),
    JSON: { texts },
  };
  const config: RuntimeConfig = {
    services: [
      {
        name: 'main',
        worker: {
          modules: [{ name: 'main.js', esModule: new Embedded('main.js') }],
          compatibilityDate: '2026-11-01',
          bindings: [...variables(vars), { name: 'BYTES', data: bytes }],
        },
      },
    ],
    sockets: [{ name: 'main', address: `127.0.0.1:${port}`, http: {}, service: { name: 'main' } }],
    v8Flags: [],
  };
  const configFile = join(folder, 'workerd.capnp');
  await writeFile(configFile, configText(config));
  let output = '';
  const running = await startWorkerd({
    configFile,
    folder,
    sockets: ['main'],
    onError: (chunk) => {
      output += String(chunk);
    },
  }).catch((error: unknown) => {
    throw new Error(output, { cause: error });
  });
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(await answer.json()).toEqual({ env: vars, bytes: [...bytes] });
  } finally {
    await running.stop(1_000);
  }
});
