/** `appflux logs --runtime` against an instance that answers as the API does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RuntimeLine, RuntimeLogPage } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from '../testing/run.ts';

const ID = '66f2a1c04b7e9d0000000001';
const line = (seq: number, more: Partial<RuntimeLine> = {}): RuntimeLine => ({
  seq,
  at: '2026-11-29T12:00:01.123Z',
  kind: 'console',
  level: 'info',
  text: `line ${seq}`,
  stack: null,
  request: { method: 'GET', path: '/cart' },
  cron: null,
  deploymentId: ID,
  environment: 'production',
  place: null,
  ...more,
});

let asked: string[] = [];
let lines: RuntimeLine[] = [];
let url: string;
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const after = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('after'));
  // Pages of one line, so that more than one is asked for.
  const items = lines.filter(({ seq }) => seq > after).slice(0, 1);
  const page: RuntimeLogPage = {
    items,
    lastSeq: lines.length,
    nextAfter: items.at(-1)?.seq ?? lines.length,
    previousBefore: null,
  };
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(page));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
  lines = [];
});

const run = (...args: string[]) =>
  runCli(['logs', ...args], { env: { APPFLUX_URL: url, APPFLUX_TOKEN: 'aft_of-the-tests' } });

test('lines have their time, level and request, and errors their stack', async () => {
  lines = [
    line(1),
    line(2, {
      level: 'error',
      kind: 'exception',
      text: 'TypeError: no',
      stack: 'at load (src/a.ts:8:1)\nat x',
    }),
    line(3, { request: null, cron: '0 4 * * *', kind: 'cron', text: 'Ran in 5 ms.' }),
    line(4, { request: null, kind: 'notice', level: 'warn', text: '\u001b[2Jtwo\nlines' }),
  ];
  const { exit, stdout } = await run('--runtime', '--app', 'shop');
  expect(exit).toBe(0);
  expect(stdout.split('\n')).toEqual([
    '2026-11-29 12:00:01 info  GET /cart line 1',
    '2026-11-29 12:00:01 error GET /cart TypeError: no',
    '    at load (src/a.ts:8:1)',
    '    at x',
    '2026-11-29 12:00:01 info  cron 0 4 * * * Ran in 5 ms.',
    '2026-11-29 12:00:01 warn  two',
    'lines',
    '',
  ]);
});

test('options select lines, and an id the deployment', async () => {
  await run('--runtime', '--app', 'shop', '--environment', 'preview', '--level', 'warn', ID);
  expect(asked).toEqual([
    `/api/apps/shop/runtime/logs?environment=preview&level=warn&deploymentId=${ID}&after=0&limit=1000`,
  ]);
});

test('an empty log is a note, and nothing for a script', async () => {
  const plain = await run('--runtime', '--app', 'shop');
  expect(plain).toMatchObject({ exit: 0, stdout: '' });
  expect(plain.stderr).toContain('No lines in the last 24 hours.');
  expect(await run('--runtime', '--app', 'shop', '--json')).toMatchObject({
    exit: 0,
    stdout: '',
    stderr: '',
  });
});

test('JSON is an object per line', async () => {
  lines = [line(1), line(2)];
  const { stdout } = await run('--runtime', '--app', 'shop', '--json');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text)),
  ).toEqual(lines);
});

test.each([
  ['--level without --runtime', ['--level', 'warn', ID]],
  ['an unknown level', ['--runtime', '--app', 'shop', '--level', 'loud']],
  ['an unknown environment', ['--runtime', '--app', 'shop', '--environment', 'staging']],
  ['a wrong id', ['--runtime', '--app', 'shop', 'abc']],
  ['no app', ['--runtime']],
])('%s is refused', async (_, args) => {
  expect((await run(...args)).exit).toBe(2);
  expect(asked).toEqual([]);
});
