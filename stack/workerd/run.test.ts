/** The start and the end of a process of workerd. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { configText } from './config.ts';
import { startWorkerd } from './run.ts';

let folder: string;
let configFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-workerd-'));
  configFile = join(folder, 'workerd.capnp');
  const worker = {
    modules: [{ name: 'main.js', esModule: 'export default {}' }],
    compatibilityDate: '2026-11-01',
  };
  await writeFile(
    configFile,
    configText({
      services: [{ name: 'main', worker }],
      sockets: [{ name: 'main', address: 'unix:main.sock', http: {}, service: { name: 'main' } }],
      v8Flags: [],
    }),
  );
});
// One that was killed leaves it, and the next does not replace it.
beforeEach(() => rm(join(folder, 'main.sock'), { force: true }));
afterAll(() => rm(folder, { recursive: true, force: true }));

const isRunning = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    // The last field before the parent's: a dead process that nobody has waited for is a zombie.
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  );

test('one that does not listen in time is ended, and that is the reason', async () => {
  // No socket has this name.
  const options = { configFile, folder, sockets: ['main', 'other'], withinMs: 500, onError: () => undefined };
  await expect(startWorkerd(options)).rejects.toThrow('it did not listen within 0.5 s');
});

test('it ends with the process that has started it, and was killed', { timeout: 60_000 }, async () => {
  const program = `
    const { startWorkerd } = await import(${JSON.stringify(join(import.meta.dirname, 'run.ts'))});
    const options = { ...${JSON.stringify({ configFile, folder, sockets: ['main'] })}, onError: () => undefined };
    console.log((await startWorkerd(options)).pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [printed] = await once(parent.stdout, 'data');
  const pid = Number(printed);
  expect(await isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  try {
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  } finally {
    if (await isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
});
