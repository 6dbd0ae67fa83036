/** A shell that runs the programs that it is asked for, each in the background. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { searchedPath } from '../find-program.ts';

/** A program that did not succeed. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
  /** As the shell gives it: 127 if there is no such program, 128 and more for a signal; null if it is not known. */
  readonly exitCode: number | null;
  /** What it printed, without empty lines; the reason if its exit code is not known. */
  readonly output: string;

  constructor(command: readonly string[], exitCode: number | null, output: string) {
    const how = exitCode === null ? 'did not report its end' : `ended with exit code ${exitCode}`;
    super(`${command[0]} ${how}: ${output.trim()} (${command.join(' ')})`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * Bytes that are kept of what a program prints. A report with them is one line that fits into the smallest buffer of a C
 * library (musl's 1024), so every shell writes it in one piece, and no part of another comes in between.
 */
const KEPT_BYTES = 900;

/** Stands for the end of a line in what a program has printed: some shells write each line of a report by itself. */
const LINE_END = '\x1e';

/** How often those that take longer are looked after, in milliseconds. */
const LOOK_EVERY_MS = 1000;

interface Pending {
  readonly command: readonly string[];
  /** The process that will report its end; null until the shell has said it. */
  reporter: string | null;
  readonly resolve: () => void;
  readonly reject: (error: ProgramFailure) => void;
}

export class ProgramShell {
  /** Without pipes if the system had no file descriptors for them. */
  readonly #child: ChildProcess;
  /** Ends each report. No program knows it, so that none can print a report of another. */
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #pending = new Map<number, Pending>();
  #looking: NodeJS.Timeout | undefined;
  #last = 0;
  #received = '';
  #hasEnded = false;

  /** Starts one. */
  constructor([program, ...args]: readonly [string, ...string[]] = ['/bin/sh']) {
    // A process group of its own: a signal to that of this process must not end what cleans up after it.
    this.#child = spawn(program, [...args, '-s'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, PATH: searchedPath(), LC_ALL: 'C' },
      detached: true,
    });
    this.#child.once('error', ({ message }) => this.#end(message));
    // Programs that still run report their ends: until then the pipe is open.
    this.#child.once('exit', () => this.#takeNoMore());
    this.#child.once('close', () => this.#end('its shell has ended'));
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    // The end of the process says the same.
    this.#child.stdin?.on('error', () => undefined);
    this.#hold(false);
  }

  /** Whether it runs no more programs. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** As runProgram. */
  run(command: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) throw new ProgramFailure(command, null, 'its shell has ended');
      const id = ++this.#last;
      const line = requestLine(id, command, this.#nonce);
      this.#hold(true);
      this.#pending.set(id, { command, reporter: null, resolve, reject });
      this.#child.stdin?.write(line);
    });
  }

  #take(text: string): void {
    const end = ` ${this.#nonce}\n`;
    const reports = `${this.#received}${text}`.split(end);
    this.#received = reports.pop() ?? '';
    for (const report of reports) this.#takeReport(report);
    if (this.#pending.size === 0) this.#hold(false);
  }

  #takeReport(report: string): void {
    const [, id = '', what = '', rest = ''] = /^(\d+) (\d+|started|lost) (.*)$/s.exec(report) ?? [];
    const pending = this.#pending.get(Number(id));
    if (pending === undefined) return;
    if (what === 'started') {
      pending.reporter = rest;
      return;
    }
    this.#pending.delete(Number(id));
    const { command, resolve, reject } = pending;
    if (what === '0') resolve();
    else if (what === 'lost') reject(new ProgramFailure(command, null, 'what waited for it was killed'));
    else reject(new ProgramFailure(command, Number(what), rest.replaceAll(LINE_END, '\n')));
  }

  /** Asks which of those that wait for a program are gone. One that has reported before it ended was read before. */
  #look(): void {
    const reporters = [...this.#pending].filter(([, { reporter }]) => reporter !== null);
    const asked = reporters.map(
      ([id, { reporter }]) =>
        `kill -0 ${reporter} 2>/dev/null || printf '%d lost  %s\\n' ${id} ${this.#nonce}\n`,
    );
    this.#child.stdin?.write(`${FORGET_ENDED}\n${asked.join('')}`);
  }

  #lookNoMore(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #takeNoMore(): void {
    this.#hasEnded = true;
    this.#lookNoMore();
  }

  #end(why: string): void {
    this.#takeNoMore();
    for (const { command, reject } of this.#pending.values()) reject(new ProgramFailure(command, null, why));
    this.#pending.clear();
  }

  /** This process waits for its programs, but not for the shell. */
  #hold(held: boolean): void {
    const change = held ? 'ref' : 'unref';
    this.#child[change]();
    // Pipes of a child are sockets.
    for (const pipe of [this.#child.stdin, this.#child.stdout])
      (pipe as NodeJS.RefCounted | null | undefined)?.[change]();
    if (held) this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    else this.#lookNoMore();
  }
}

/** Lets the shell forget the processes that have ended. */
const FORGET_ENDED = 'jobs >/dev/null';

/**
 * What the shell reads: it runs the command, prints which process will report its end, and that prints the number, the
 * exit code and the output, whose lines it joins by `set` and `$*`.
 * @throws if an argument has a zero byte, which no program can be given. Pure
 */
export function requestLine(id: number, command: readonly string[], nonce: string): string {
  if (command.some((word) => word.includes('\0'))) throw new Error('An argument has a zero byte');
  const words = command.map(quoted).join(' ');
  const run = `out=$(exec ${words} </dev/null 2>&1); code=$?`;
  const join = `set -f; IFS='\n'; set -- $out; IFS='${LINE_END}'`;
  const report = `printf '%d %d %.${KEPT_BYTES}s %s\\n' ${id} "$code" "$*" ${nonce}`;
  return `${FORGET_ENDED}; { ${run}; ${join}; ${report}; } &\nprintf '%d started %s %s\\n' ${id} $! ${nonce}\n`;
}

/** One word for the shell, whatever is in it (POSIX, 2.2.2 Single-Quotes). */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
