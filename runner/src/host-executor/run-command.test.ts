import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Stopped } from '../stop.ts';
import { type HostCommand, runCommand } from './run-command.ts';

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'appflux-host-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = { PATH: process.env.PATH ?? '', GREETING: 'hello' };

/** Runs a command; `onText` receives all output so far, each time that there is more. */
async function run(command: string, change: Partial<HostCommand> = {}, onText?: (printed: string) => void) {
  const printed = { stdout: '', stderr: '' };
  const options: HostCommand = {
    command,
    cwd: folder,
    environment,
    output: (stream, bytes) => {
      printed[stream] += Buffer.from(bytes).toString();
      onText?.(printed[stream]);
    },
    ready: async () => undefined,
    signal: new AbortController().signal,
    ...change,
  };
  const ended = await runCommand(options).catch((error: unknown) => error);
  return { ended, ...printed };
}

/** Stops the command with a reason once it has said `ready`. */
const stoppedWhenReady = (command: string, kind: Stopped['kind']) => {
  const stop = new AbortController();
  return run(command, { signal: stop.signal }, (printed) => {
    if (printed.includes('ready')) stop.abort(new Stopped(kind, 'enough'));
  });
};

const isRunning = (pid: string) => {
  try {
    // A zombie that nobody has asked for its end is none that runs (proc_pid_stat(5)).
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid.trim()}/stat`, 'utf8'));
  } catch {
    // Gone altogether.
    return false;
  }
};

test('a command has its output told by stream, and its exit code given', async () => {
  expect(await run('echo out; echo err >&2; exit 7')).toEqual({ ended: 7, stdout: 'out\n', stderr: 'err\n' });
  expect(await run('exit 3 | cat')).toMatchObject({ ended: 3 });
  expect(await run('kill -SEGV $$')).toMatchObject({ ended: 139 });
  expect(await run('no-such-program')).toMatchObject({ ended: 127 });
});

test('it can open its output by name, and its input is empty', async () => {
  const { stdout, stderr } = await run('cat; echo one > /dev/stdout; echo two > /dev/stderr');
  expect([stdout, stderr]).toEqual(['one\n', 'two\n']);
});

test('it has no variable but its own, and no file of the runner is open in it', async () => {
  const { stdout } = await run('env | grep -v -e ^_= -e ^PWD= -e ^SHLVL= -e ^OLDPWD=');
  expect(stdout.trim().split('\n').sort()).toEqual([`GREETING=hello`, `PATH=${environment.PATH}`].sort());
  expect((await run('ls /proc/$$/fd; true')).stdout.trim().split('\n')).toEqual(['0', '1', '2']);
});

test('all that it has written arrives, however much it is', async () => {
  expect((await run('head -c 3000000 /dev/zero')).stdout).toHaveLength(3_000_000);
});

test('what it has left running is ended with it, also what does not listen to TERM', async () => {
  const { ended, stdout } = await run(
    `sleep 600 & echo $!; bash -c 'trap "" TERM; while :; do sleep 1; done' & echo $!`,
  );
  expect(ended).toBe(0);
  const pids = stdout.trim().split('\n');
  expect(pids).toHaveLength(2);
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]));
});

test('one that is canceled may say a last word', async () => {
  const { ended, stdout } = await stoppedWhenReady(
    `trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done`,
    'canceled',
  );
  expect(ended).toMatchObject({ kind: 'canceled' });
  expect(stdout).toBe('ready\ntidied\n');
});

test('one whose lease is lost is killed on the spot, with all its children', async () => {
  const { ended, stdout } = await stoppedWhenReady(
    `trap '' TERM; sleep 600 & echo $! ready; wait`,
    'lease_lost',
  );
  expect(ended).toMatchObject({ kind: 'lease_lost' });
  await vi.waitFor(() => expect(isRunning(stdout.split(' ')[0] ?? '')).toBe(false));
});

test('one that was stopped before it began does not begin', async () => {
  const signal = AbortSignal.abort(new Stopped('canceled', 'enough'));
  expect(await run('echo out', { signal })).toMatchObject({ ended: { kind: 'canceled' }, stdout: '' });
});

test('one whose folder is not there cannot be started', async () => {
  expect((await run('true', { cwd: join(folder, 'none') })).ended).toMatchObject({ code: 'ENOENT' });
});

test('a runner that is killed takes its command with it', async () => {
  const script = join(folder, 'runner.ts');
  const module = join(import.meta.dirname, 'run-command.ts');
  writeFileSync(
    script,
    `import { runCommand } from ${JSON.stringify(module)};
     await runCommand({
       command: 'echo $$; trap "" TERM; while :; do sleep 1; done',
       cwd: ${JSON.stringify(folder)},
       environment: { PATH: process.env.PATH },
       output: (_, bytes) => process.stdout.write(bytes),
       ready: async () => undefined,
       signal: new AbortController().signal,
     });`,
  );
  const runner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = await new Promise<string[]>((resolve) => {
    runner.stdout.once('data', (bytes: Buffer) => resolve([bytes.toString()]));
  });
  expect(isRunning(pid ?? '')).toBe(true);
  runner.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(pid ?? '')).toBe(false), { timeout: 10_000 });
});
