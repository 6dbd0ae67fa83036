/** A migration ends with the process that waits for it: the next start would migrate the same databases beside it. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../command.ts';
import { isMigrated, migrateDatabases } from './migrations.ts';

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

const isRunning = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  );

test('also if that was killed', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const databases = {
    wranglerConfig: join(ROOT, 'stack', 'fixtures', 'worker', 'wrangler.toml'),
    persist: join(folder, 'persisted'),
  };
  const program = `
    const { migrateDatabases } = await import(${JSON.stringify(join(import.meta.dirname, 'migrations.ts'))});
    await migrateDatabases(${JSON.stringify(databases)});`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
  await expect.poll(() => childrenOf(parent.pid ?? 0), { interval: 5, timeout: 20_000 }).toHaveLength(1);
  const [pid = 0] = await childrenOf(parent.pid ?? 0);
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
  expect(await isMigrated(databases)).toBe(false);
  expect(await migrateDatabases(databases)).toHaveLength(1);
});
