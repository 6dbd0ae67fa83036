/**
 * The log of the process that runs the servers of sites. Its error output has what workerd reports, and whatever servers
 * print there: of the latter nothing is kept, and a flood costs neither disk nor much time.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

/** How much output of a second is read at all, and how much is written, in bytes. */
const READ_PER_SECOND = 256 * 1024;
const WRITTEN_PER_SECOND = 8 * 1024;

/** How workerd's own lines begin: with the place in its source, or its subject. */
const OF_WORKERD =
  /^(?:(?:src\/)?(?:workerd|kj|capnp|rust)\/|service \S+: |\*\*\* |stack: |.*workerd\.capnp:)/;

/** What workerd remarks at each start: on its cache of compiled code (stack/edge.ts), and on a flag that became a default. */
const REMARKS = /compile cache failed its compatibility check|became the default as of/;

/** Whether a line of the error output is workerd's own, and worth a line of the log. Pure. */
export const isKept = (line: string): boolean => OF_WORKERD.test(line) && !REMARKS.test(line);

/** A line without what moves the cursor or ends a line: servers can print lines that look like workerd's. Pure. */
const plain = (line: string): string =>
  line.replaceAll(/[\r\t\u2028\u2029]/g, ' ').replaceAll(/\p{Cc}/gu, '');

export interface ServersLog {
  write(chunk: Buffer): void;
  /** The last lines that were kept. */
  last(): string;
  close(): void;
}

/** Opens the log for appending. `now` is in milliseconds. */
export function openLog(file: string, now: () => number = Date.now): ServersLog {
  const fd = openSync(file, 'a', 0o600);
  let second = 0;
  let read = 0;
  let written = 0;
  let rest = '';
  let recent: string[] = [];
  return {
    write(chunk) {
      const current = Math.floor(now() / 1000);
      if (current !== second) {
        second = current;
        read = 0;
        written = 0;
      }
      read += chunk.length;
      if (read > READ_PER_SECOND) {
        rest = '';
        return;
      }
      const lines = (rest + chunk.toString()).split('\n');
      rest = (lines.pop() ?? '').slice(-WRITTEN_PER_SECOND);
      for (const printed of lines) {
        if (!isKept(printed)) continue;
        const line = plain(printed);
        recent = [...recent.slice(-2), line.slice(0, 300)];
        const entry = `${new Date(now()).toISOString()} warn ${line}\n`;
        written += entry.length;
        if (written <= WRITTEN_PER_SECOND) writeSync(fd, entry);
      }
    },
    last: () => recent.join(' '),
    close: () => closeSync(fd),
  };
}
