/** Which packages of Google's SDK the official images install, tested with a command that imitates Google's. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'official/install-sdk');
const LIST = join(import.meta.dirname, 'official/sdk-packages');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-sdk-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** The packages that are installed if these are offered. */
async function installed(offered: readonly string[], ...more: string[]): Promise<string[]> {
  const table = offered.map((name) => `  ${name.padEnd(40)} | 1.0 | Some words`).join('\n');
  const program = `#!/bin/sh
if [ "$1" = --list ]; then
  cat <<'LIST'
Installed packages:
  Path | Version | Description | Location
${table}
LIST
else
  printf '%s\\n' "$@" > '${folder}/asked'
fi
`;
  await writeFile(join(folder, 'sdkmanager'), program);
  await chmod(join(folder, 'sdkmanager'), 0o755);
  await run(SCRIPT, [LIST, ...more], { env: { PATH: `${folder}:${process.env.PATH}` } });
  return (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
}

/** Every package of the list, by its first name or its last. */
async function listed(which: 'first' | 'last'): Promise<string[]> {
  const lines = (await readFile(LIST, 'utf8'))
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  return lines.map((line) => line.split('|').at(which === 'first' ? 0 : -1) ?? '');
}

test('the packages of the list and of the arguments are installed', async () => {
  const names = await listed('first');
  expect(names).toEqual(
    expect.arrayContaining(['platform-tools', 'ndk;27.1.12297006', 'platforms;android-36']),
  );
  expect(await installed([...names, 'ndk;28.2.13676358'], 'ndk;28.2.13676358')).toEqual([
    ...names,
    'ndk;28.2.13676358',
  ]);
});

test('a renamed package is installed by its new name', async () => {
  const names = await listed('last');
  expect(names).toContain('platforms;android-37.0');
  expect(await installed(names)).toEqual(names);
});

test('a package that is not offered fails, by its name', async () => {
  const [first = '', ...others] = await listed('first');
  await expect(installed(others)).rejects.toMatchObject({
    stderr: `install-sdk: Google offers no package ${first}\n`,
  });
});
