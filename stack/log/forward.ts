/**
 * Forwards the logs of an instance's programs to systemd's journal with their levels. They write to files themselves,
 * which outlive a start that was killed.
 */
import { join } from 'node:path';
import type { Level } from '../../runner/src/journal-priority.ts';
import { followLog } from './follow.ts';

/** Levels in the logs of the edge (`2026-11-29T08:00:00.000Z warn ...`) and of Caddy (`{"level":"warn",...`). */
const EDGE_LINE = /^\S+Z (\w+) /;
const CADDY_LINE = /^\{"level":"(\w+)"/;

const LEVELS: ReadonlyMap<string, Level> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['log', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  // Caddy's, for what ends it.
  ['panic', 'error'],
  ['fatal', 'error'],
]);

/** The level of a line of a log; null where it has none of its own, as in a stack trace. Pure. */
export function levelOfLine(line: string): Level | null {
  const [, name = ''] = EDGE_LINE.exec(line) ?? CADDY_LINE.exec(line) ?? [];
  return LEVELS.get(name) ?? null;
}

/** Forwards the logs of the control plane, of the servers' process and of the proxy from now on, until it is disposed of. */
export async function forwardLogs(
  paths: { readonly logs: string; readonly proxy: { readonly log: string } },
  write: (line: string, level: Level) => void,
): Promise<AsyncDisposable> {
  const following = new AsyncDisposableStack();
  for (const [part, file] of [
    ['edge', join(paths.logs, 'edge.log')],
    ['servers', join(paths.logs, 'servers.log')],
    ['proxy', paths.proxy.log],
  ] as const) {
    let level: Level = 'info';
    const forward = (line: string) => {
      // A line without a level belongs to the one before it.
      level = levelOfLine(line) ?? level;
      write(`${part}: ${line}`, level);
    };
    following.use(await followLog(file, forward));
  }
  return following;
}
