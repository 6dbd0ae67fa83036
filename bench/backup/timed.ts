/** Runs the commands as a person does, and says what they took. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Timed {
  readonly seconds: number;
  /** Of the command, without the instance. */
  readonly cpuSeconds: number;
  /** What the command says it did. */
  readonly line: string;
  readonly fileBytes: number;
  readonly addedBytes: number;
}

/** Runs a command on a state folder and a target that is a file. Throws when it fails. */
export async function timed(
  command: 'backup' | 'verify' | 'restore',
  state: string,
  target: string,
): Promise<Timed> {
  const size = async () => (await stat(target).catch(() => null))?.size ?? 0;
  const before = await size();
  const args = command === 'verify' ? ['verify', target] : [target];
  const program = join(ROOT, 'stack', `${command === 'restore' ? 'restore' : 'backup'}.ts`);
  const startedAt = performance.now();
  // GNU time's format: CPU seconds of the process and of what it waited for.
  const { stdout, stderr } = await execa(
    'bash',
    ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', process.execPath, program, ...args],
    { env: { APPFLUX_STATE: state, APPFLUX_BACKUP_PASSPHRASE: 'a passphrase of the benchmark' } },
  );
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  const fileBytes = await size();
  return {
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: user + system,
    line: stdout,
    fileBytes,
    addedBytes: fileBytes - before,
  };
}
