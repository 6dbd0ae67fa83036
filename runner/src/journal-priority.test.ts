import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJournalStream, withPriority } from './journal-priority.ts';

test('every line of a text gets its priority, and an empty one none', () => {
  expect(withPriority('error', 'a\n  at b\n\nc\n')).toBe('<3>a\n<3>  at b\n\n<3>c\n');
  expect(withPriority('warn', 'a')).toBe('<4>a');
  expect(withPriority('info', 'a')).toBe('<6>a');
  expect(withPriority('debug', '')).toBe('');
});

test('what follows a zero, which ends a line of the journal, gets no priority of its own', () => {
  expect(withPriority('info', 'GET /a\0<0>b')).toBe('<6>GET /a␀<0>b');
});

test.each([
  ['8:123456', true],
  ['8:123457', false],
  ['9:123456', false],
  ['8', false],
  ['', false],
  [undefined, false],
])('JOURNAL_STREAM=%s is this stream: %s', (variable, expected) => {
  expect(isJournalStream(variable, { dev: 8n, ino: 123_456n })).toBe(expected);
});

describe('the runner’s program', () => {
  const CLI = join(import.meta.dirname, 'commands', 'cli.ts');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-journal-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the program writes into a socket, as systemd gives its services one. */
  async function written(variable: (file: { dev: bigint; ino: bigint }) => string): Promise<string> {
    const path = join(folder, 'journal.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const end = createConnection(path);
    const [journal] = await accepted;
    const { fd } = (end as unknown as { _handle: { fd: number } })._handle;
    const env = { ...process.env, JOURNAL_STREAM: variable(fstatSync(fd, { bigint: true })) };
    const child = spawn(process.execPath, [CLI, 'start', '--state', join(folder, 'none')], {
      env,
      stdio: ['ignore', end, end],
    });
    const all = text(journal);
    await once(child, 'exit');
    end.destroy();
    server.close();
    return all;
  }

  test('marks its lines where standard error is the journal', async () => {
    const lines = (await written(({ dev, ino }) => `${dev}:${ino}`)).trim().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^<3>/);
  });

  test('leaves them alone where it only inherited the variable', async () => {
    expect(await written(({ dev, ino }) => `${dev}:${ino + 1n}`)).not.toMatch(/^<\d>/m);
  });
});
