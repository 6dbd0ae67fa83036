/** The script that installs a runner, as far as it runs without a machine of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = readFileSync(join(import.meta.dirname, 'install.sh'), 'utf8');
const SHELL = '/bin/sh';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'appflux-install-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lets `name` be a command that notes that it was run, and prints this. */
function command(name: string, output = ''): void {
  const path = join(folder, name);
  writeFileSync(path, `#!${SHELL}\necho ${name} >&2\n${output === '' ? '' : `echo ${output}\n`}`);
  chmodSync(path, 0o755);
}

/** Pipes a text into a shell that has no commands but these. */
function pipe(text: string): { status: number | null; ran: string } {
  const { status, stderr } = spawnSync(SHELL, [], { input: text, env: { PATH: folder }, encoding: 'utf8' });
  return { status, ran: stderr };
}

test('it is one that a shell can read', () => {
  execFileSync(SHELL, ['-n'], { input: SCRIPT });
});

test('cut off anywhere on its way into a shell, it runs nothing', () => {
  for (const name of ['hostname', 'id', 'sudo', 'apt-get', 'uname']) command(name);
  const lines = SCRIPT.split('\n');
  const begin = lines.findIndex((line) => !line.startsWith('#') && line !== '');
  for (let count = begin + 1; count < lines.length - 2; count += 5) {
    const { status, ran } = pipe(lines.slice(0, count).join('\n'));
    expect(status, `after ${count} lines`).not.toBe(0);
    expect(ran.split('\n'), `after ${count} lines`).not.toContain('hostname');
  }
  expect(pipe(SCRIPT).ran.split('\n')).toContain('hostname');
});

test('from a pipe, without root, it says what to do', () => {
  command('hostname', 'spare');
  command('id', '1000');
  command('sudo');
  symlinkSync('/bin/grep', join(folder, 'grep'));
  const { status, ran } = pipe(SCRIPT);
  expect(status).toBe(1);
  expect(ran).toContain('save it in a file');
  expect(ran.split('\n')).not.toContain('sudo');
  const file = join(folder, 'install-runner.sh');
  writeFileSync(file, SCRIPT);
  const saved = spawnSync(SHELL, [file], { input: '', env: { PATH: folder }, encoding: 'utf8' });
  expect(saved.stderr.split('\n')).toContain('sudo');
});

test.each(['/', '/etc', '//etc', '/srv/..', '/var/lib/../..', '/etc/', 'runner', '/srv/a;id'])(
  'with --state %s it does nothing: the folder would become the runner’s alone',
  (state) => {
    command('hostname', 'spare');
    command('id', '0');
    const file = join(folder, 'install-runner.sh');
    writeFileSync(file, SCRIPT);
    const env = { PATH: folder };
    const { status, stderr } = spawnSync(SHELL, [file, '--state', state], {
      input: '',
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('--state');
  },
);
