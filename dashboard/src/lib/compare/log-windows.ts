/** Reads what of two logs is compared: all lines of short ones, the first and the last of long ones. */
import type { ClientPart } from '@appflux/client';

type Calls = ClientPart<{ logs: 'page' }>['logs'];

/** Lines of both logs that are compared with each other. */
export interface LogWindow {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Whether lines of a log come before these, or after them, that are not compared. */
  readonly continues: { readonly before: boolean; readonly after: boolean };
}

/** How many lines of each log are read at most. */
export const MOST_COMPARED_LINES = 5000;

/** How much text of them, in UTF-16 units: a line can have many kilobytes. */
export const MOST_COMPARED_LENGTH = 4_000_000;

/** Lines per request. */
const PAGE_LINES = 1000;

/** The windows of two deployments' logs. Throws AppFluxError like `logs.page`. */
export async function readWindows(logs: Calls, before: string, after: string): Promise<LogWindow[]> {
  const [old, now] = await Promise.all([lastLine(logs, before), lastLine(logs, after)]);
  const half = MOST_COMPARED_LINES / 2;
  const isLong = Math.max(old, now) > MOST_COMPARED_LINES;
  const ranges = isLong
    ? [
        { from: () => 0, to: (last: number) => Math.min(half, last) },
        { from: (last: number) => Math.max(0, last - half), to: (last: number) => last },
      ]
    : [{ from: () => 0, to: (last: number) => last }];
  return Promise.all(
    ranges.map(async ({ from, to }, index) => {
      const room = MOST_COMPARED_LENGTH / ranges.length;
      const [one, other] = await Promise.all([
        readLines(logs, before, { from: from(old), to: to(old), room }),
        readLines(logs, after, { from: from(now), to: to(now), room }),
      ]);
      const isCut = one.isCut || other.isCut;
      const continues = { before: index > 0, after: isCut || index < ranges.length - 1 };
      return { before: one.lines, after: other.lines, continues };
    }),
  );
}

const lastLine = async (logs: Calls, id: string): Promise<number> =>
  (await logs.page(id, { limit: 1 })).lastSeq;

/** The lines after `from`, up to `to`, as far as they fit into `room`. */
async function readLines(
  logs: Calls,
  id: string,
  { from, to, room }: { readonly from: number; readonly to: number; readonly room: number },
): Promise<{ lines: string[]; isCut: boolean }> {
  const lines: string[] = [];
  let left = room;
  for (let at = from; at < to; ) {
    const { items } = await logs.page(id, { after: at, limit: Math.min(PAGE_LINES, to - at) });
    // Lines that a log never received can't be waited for.
    if (items.length === 0) break;
    for (const { seq, text } of items) {
      left -= text.length;
      if (left < 0) return { lines, isCut: true };
      lines.push(text);
      at = seq;
    }
  }
  return { lines, isCut: false };
}
