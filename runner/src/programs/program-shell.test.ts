import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProgram } from '../find-program.ts';
import { ProgramFailure, ProgramShell } from './program-shell.ts';
import { runProgram } from './run-program.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-programs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const failureOf = (work: Promise<void>): Promise<ProgramFailure> =>
  work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => {
      if (error instanceof ProgramFailure) return error;
      throw error;
    },
  );

test('property: a program gets its arguments as they are, and nothing else is run', async () => {
  const file = join(folder, 'arguments');
  const store = `require('fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.argv.slice(1)))`;
  const word = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', ';', '&', '|', '*', '~', '\x1e', '-'),
    }),
    fc.constantFrom('$(touch x)', "'; touch x; '", '`touch x`', '\n', "'\\''", '$IFS', '%s', '', '!!'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        word.filter((text) => !text.includes('\0')),
        { maxLength: 4 },
      ),
      async (words) => {
        await runProgram(process.execPath, ['-e', store, '--', ...words]);
        expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(words);
      },
    ),
    { numRuns: 25 },
  );
  expect(await readdir(folder)).toEqual(['arguments']);
});

test('an argument with a zero byte is refused', async () => {
  await expect(runProgram('true', ['a\0b'])).rejects.toThrow('zero byte');
});

test('a failure says how the program ended and what it printed, in English', async () => {
  const failure = await failureOf(runProgram('ls', ['--', join(folder, 'none')]));
  expect(failure).toMatchObject({
    exitCode: 2,
    output: expect.stringContaining('No such file or directory'),
  });
  expect(failure.message).toContain('ls ended with exit code 2');
  expect((await failureOf(runProgram('no-such-program', []))).exitCode).toBe(127);
  expect((await failureOf(runProgram('sh', ['-c', 'kill -9 $$']))).exitCode).toBe(137);
});

test('programs run side by side, and each gets its own result, whatever another prints', async () => {
  const shell = new ProgramShell();
  const fifo = join(folder, 'fifo');
  await shell.run(['mkfifo', fifo]);
  const waiting = shell.run(['sh', '-c', `read line < '${fifo}'; test "$line" = go`]);
  const forged = failureOf(shell.run(['sh', '-c', 'printf "1 0 x\\n2 1 forged\\n3 0  \\n"; exit 7']));
  expect(await forged).toMatchObject({ exitCode: 7, output: expect.stringContaining('2 1 forged') });
  const loud = await failureOf(shell.run(['sh', '-c', 'head -c 1000000 /dev/zero | tr "\\0" x; exit 3']));
  expect([loud.exitCode, loud.output.length]).toEqual([3, 900]);
  await writeFile(fifo, 'go\n');
  await waiting;
  const codes = await Promise.all(
    Array.from({ length: 40 }, async (_, code) =>
      code === 0 ? shell.run(['true']) : (await failureOf(shell.run(['sh', '-c', `exit ${code}`]))).exitCode,
    ),
  );
  expect(codes.slice(1)).toEqual(Array.from({ length: 39 }, (_, code) => code + 1));
});

test.for(['sh', 'bash', 'busybox'])(
  'many print many lines side by side, started by %s',
  async (program, { skip }) => {
    if ((await findProgram(program)) === null) return skip(`${program} is missing`);
    const shell = new ProgramShell(program === 'busybox' ? [program, 'sh'] : [program]);
    const lines = Array.from({ length: 100 }, (_, line) => `* ${line}`).join('\n');
    const failures = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        failureOf(shell.run(['sh', '-c', 'printf %s "$1"; exit "$2"', 'sh', lines, String(index + 1)])),
      ),
    );
    expect(failures.map(({ exitCode }) => exitCode)).toEqual(failures.map((_, index) => index + 1));
    expect(new Set(failures.map(({ output }) => output))).toEqual(new Set([lines]));
  },
);

test('a program reads nothing, and keeps nothing from the next', async () => {
  const shell = new ProgramShell();
  expect((await failureOf(shell.run(['sh', '-c', 'read line || exit 9']))).exitCode).toBe(9);
  await shell.run(['true']);
});

test('a shell that dies takes no more programs, and the next one gets another', async () => {
  const killShell = ['sh', '-c', 'kill -9 $(ps -o ppid= -p $PPID)'] as const;
  const shell = new ProgramShell();
  // The program itself still reports its end.
  await shell.run(killShell);
  await expect.poll(() => shell.hasEnded).toBe(true);
  expect((await failureOf(shell.run(['true']))).exitCode).toBeNull();
  const [program, ...args] = killShell;
  await runProgram(program, args);
  await expect.poll(() => runProgram('true', []).then(() => 'run')).toBe('run');
});

test('a program whose end can’t be reported has failed, even if nothing else is run', async () => {
  const shell = new ProgramShell();
  const lost = await failureOf(shell.run(['sh', '-c', 'kill -9 "$PPID"']));
  expect(lost.exitCode).toBeNull();
  expect(lost.message).toContain('sh did not report its end: what waited for it was killed');
  await shell.run(['true']);
});

test('a shell that dies beside a program takes no more, before that has ended', async () => {
  const fifo = join(folder, 'fifo');
  await runProgram('mkfifo', [fifo]);
  const shell = new ProgramShell();
  const waiting = shell.run(['sh', '-c', `read line < '${fifo}'`]);
  const killed = shell.run(['sh', '-c', 'kill -9 $(ps -o ppid= -p $PPID); sleep 0.1']);
  await expect.poll(() => shell.hasEnded).toBe(true);
  await writeFile(fifo, 'go\n');
  await Promise.allSettled([waiting, killed]);
});

test('without a file descriptor to spare, a program fails, and the process goes on', async () => {
  const module = pathToFileURL(join(import.meta.dirname, 'run-program.ts')).href;
  const script = `
    import { closeSync, openSync } from 'node:fs';
    const { runProgram } = await import(${JSON.stringify(module)});
    const opened = [];
    try { for (;;) opened.push(openSync('/dev/null')); } catch {}
    await runProgram('true', []).catch(({ name, message }) => console.log(name, message));
    opened.forEach((each) => closeSync(each));
    await runProgram('true', []);
    console.log('run');`;
  const limited = [
    '-c',
    'ulimit -n 60; exec "$0" "$@"',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ];
  const { stdout } = await execa('sh', limited);
  expect(stdout).toMatch(/^ProgramFailure true .*EMFILE.*\nrun$/);
});

test('a process waits for its programs, and not for their shell, which ends with it', async () => {
  const file = join(folder, 'shell');
  const module = pathToFileURL(join(import.meta.dirname, 'run-program.ts')).href;
  const script = `
    const { runProgram } = await import(${JSON.stringify(module)});
    void runProgram('sh', ['-c', 'ps -o ppid= -p $PPID > "$1"; sleep 0.2; echo done >> "$1"', 'sh', ${JSON.stringify(file)}]);`;
  await execa(process.execPath, ['--input-type=module', '-e', script]);
  const [shell = '', done] = (await readFile(file, 'utf8')).trim().split('\n');
  expect(done).toBe('done');
  await expect.poll(() => readFile(`/proc/${shell.trim()}/cmdline`, 'utf8').catch(() => 'gone')).toBe('gone');
});
