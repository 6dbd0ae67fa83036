/** A shell that runs the programs that it is asked for, each in the background. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { searchedPath } from '../find-program.ts';

/** A program that did not succeed. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
  /** As the shell gives it: 127 if there is no such program, 128 and more for a signal; null if it is not known. */
  readonly exitCode: number | null;
  /** What it printed. */
  readonly output: string;

  constructor(command: readonly string[], exitCode: number | null, output: string) {
    const how = exitCode === null ? 'ended with its shell' : `ended with exit code ${exitCode}`;
    super(`${command[0]} ${how}: ${output.trim()} (${command.join(' ')})`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** Bytes that are kept of what a program prints. With them a report is written in one piece (PIPE_BUF in pipe(7)). */
const KEPT_BYTES = 3000;

interface Pending {
  readonly command: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: ProgramFailure) => void;
}

export class ProgramShell {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  /** Ends each report. No program knows it, so that none can print a report of another. */
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #received = '';
  #hasEnded = false;

  constructor() {
    // A process group of its own: a signal to that of this process must not end what cleans up after it.
    this.#child = spawn('/bin/sh', ['-s'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, PATH: searchedPath(), LC_ALL: 'C' },
      detached: true,
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    // The end of the process says the same.
    this.#child.stdin.on('error', () => undefined);
    this.#child.once('error', () => this.#end());
    this.#child.once('close', () => this.#end());
    this.#holdProcess(false);
  }

  /** Whether it runs no more programs. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** As runProgram. */
  run(command: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) throw new ProgramFailure(command, null, '');
      const id = ++this.#last;
      const line = requestLine(id, command, this.#nonce);
      this.#holdProcess(true);
      this.#pending.set(id, { command, resolve, reject });
      this.#child.stdin.write(line);
    });
  }

  #take(text: string): void {
    const end = ` ${this.#nonce}\n`;
    const reports = `${this.#received}${text}`.split(end);
    this.#received = reports.pop() ?? '';
    for (const report of reports) {
      const [, id = '', code = '', output = ''] = /^(\d+) (\d+) (.*)$/s.exec(report) ?? [];
      const pending = this.#pending.get(Number(id));
      this.#pending.delete(Number(id));
      if (code === '0') pending?.resolve();
      else pending?.reject(new ProgramFailure(pending.command, Number(code), output));
    }
    if (this.#pending.size === 0) this.#holdProcess(false);
  }

  #end(): void {
    this.#hasEnded = true;
    for (const { command, reject } of this.#pending.values()) reject(new ProgramFailure(command, null, ''));
    this.#pending.clear();
  }

  /** This process waits for its programs, but not for the shell. */
  #holdProcess(held: boolean): void {
    const change = held ? 'ref' : 'unref';
    this.#child[change]();
    // Pipes of a child are sockets.
    for (const pipe of [this.#child.stdin, this.#child.stdout])
      (pipe as unknown as NodeJS.RefCounted)[change]();
  }
}

/**
 * What the shell reads: it runs the command, and prints the number, the exit code and the output. `jobs` lets it forget
 * those that have ended.
 * @throws if an argument has a zero byte, which no program can be given. Pure
 */
export function requestLine(id: number, command: readonly string[], nonce: string): string {
  if (command.some((word) => word.includes('\0'))) throw new Error('An argument has a zero byte');
  const words = command.map(quoted).join(' ');
  return `jobs >/dev/null; { out=$(exec ${words} </dev/null 2>&1); printf '%d %d %.${KEPT_BYTES}s %s\\n' ${id} $? "$out" ${nonce}; } &\n`;
}

/** One word for the shell, whatever is in it (POSIX, 2.2.2 Single-Quotes). */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
