// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installCommand, isLoopback } from './install-command.ts';

const SCRIPT = 'read -r token; printf "%s\\n" "$token" "$@" > got\n';
const HOSTILE = "a'; touch hacked; echo '$(touch hacked) `touch hacked`";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'appflux-install-command-'));
  writeFileSync(join(folder, 'served.sh'), SCRIPT);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const command = (scriptSha256: string) =>
  installCommand({
    scriptUrl: `file://${folder}/served.sh`,
    scriptSha256,
    token: HOSTILE,
    name: HOSTILE,
    labels: ['linux', 'arm64'],
  });
const run = (text: string) => execFileSync('sh', ['-c', text], { cwd: folder, stdio: 'pipe' });

test('it runs the script with the token on standard input, whatever is in the words', () => {
  run(command(createHash('sha256').update(SCRIPT).digest('hex')));
  const got = readFileSync(join(folder, 'got'), 'utf8').split('\n');
  expect(got).toEqual([HOSTILE, '--name', HOSTILE, '--labels', 'linux,arm64', '']);
  expect(() => readFileSync(join(folder, 'hacked'))).toThrow('ENOENT');
});

test('it runs no script with another checksum', () => {
  expect(() => run(command('0'.repeat(64)))).toThrow('did NOT match');
  expect(() => readFileSync(join(folder, 'got'))).toThrow('ENOENT');
});

test.each([
  'http://localhost:8787',
  'http://127.0.0.1:8787',
  'http://127.1.2.3',
  'http://[::1]:80',
  'http://a.localhost',
])('%s is reached from its own machine only', (url) => expect(isLoopback(url)).toBe(true));

test.each([
  'https://apps.example.com',
  'http://192.168.1.5:8787',
  'https://localhost.example.com',
  'http://127.example.com',
])('%s may be reached from others', (url) => expect(isLoopback(url)).toBe(false));
