/** Runs the program in this process, for tests. */
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { main } from '../main.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Text extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs `appflux` with these arguments, without a terminal. Nothing of this process's environment is used. */
export async function runCli(
  args: readonly string[],
  { env = {}, cwd = process.cwd() }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ran> {
  const stdout = new Text();
  const stderr = new Text();
  const host = Object.assign(new EventEmitter(), {
    argv: ['node', 'appflux', ...args],
    env: { HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent', ...env },
    stdin: Readable.from([]) as unknown as NodeJS.ReadStream,
    stdout,
    stderr,
    cwd: () => cwd,
  });
  const exit = await main(host);
  return { exit, stdout: stdout.text, stderr: stderr.text };
}
