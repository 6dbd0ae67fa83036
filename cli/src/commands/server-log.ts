/** What an app's server logs, for `appflux logs --runtime`. */
import type { RuntimeFilter, RuntimeLine } from '@appflux/protocol';
import type { Context, Session } from '../context.ts';
import { WebSocket } from '../deploy/web-socket.ts';
import type { Colors } from '../output/output.ts';

/** Which log, and how it is printed. */
export interface ServerLog {
  readonly context: Context;
  readonly session: Session;
  readonly slug: string;
  readonly filter: RuntimeFilter;
  readonly isJson: boolean;
}

/** How many earlier lines are printed before new ones. */
const EARLIER_LINES = 20;

/** Prints what there is of the log now. */
export async function printServer(log: ServerLog): Promise<void> {
  let isEmpty = true;
  for (let after = 0; ; ) {
    const page = await log.session.client.runtime.logs(log.slug, { ...log.filter, after, limit: 1_000 });
    print(log, page.items);
    isEmpty &&= page.items.length === 0;
    if (page.nextAfter >= page.lastSeq) break;
    after = page.nextAfter;
  }
  if (isEmpty) note(log, 'No lines in the last 24 hours.');
}

/** Says something beside the log to a person; a script gets lines only. */
function note({ context: { output }, isJson }: ServerLog, text: string): void {
  if (!isJson) output.note(output.noteColors.dim(text));
}

/** Prints the last lines and all new ones, until the signal aborts. Throws its reason, or what the instance refuses. */
export async function followServer(log: ServerLog, signal: AbortSignal): Promise<void> {
  const { session, slug, filter } = log;
  const { runtime } = session.client;
  const { items, lastSeq } = await runtime.logs(slug, { ...filter, limit: EARLIER_LINES }, { signal });
  print(log, items);
  if (items.length === 0) note(log, 'No lines yet. Waiting for new ones.');
  await runtime.follow(
    slug,
    { ...filter, after: lastSeq },
    { lines: (lines) => print(log, lines) },
    { WebSocket, signal },
  );
}

function print({ context: { output }, isJson }: ServerLog, lines: readonly RuntimeLine[]): void {
  for (const line of lines) {
    if (isJson) output.json(line, 0);
    else output.result(textOf(line, output.colors));
  }
}

/** A line with its time, level and request; under it, the stack of an error. */
export function textOf(
  { at, level, request, cron, text, stack }: RuntimeLine,
  { dim, red, yellow }: Pick<Colors, 'dim' | 'red' | 'yellow'>,
): string {
  const color = { error: red, warn: yellow, info: (plain: string) => plain, debug: dim }[level];
  const origin = request === null ? cron && `cron ${cron}` : `${request.method} ${request.path}`;
  const head = [dim(at.slice(0, 19).replace('T', ' ')), color(level.padEnd(5)), origin && dim(origin)];
  const frames = (stack ?? '').split('\n').filter((frame) => frame !== '');
  return [`${head.filter(Boolean).join(' ')} ${text}`, ...frames.map((frame) => dim(`    ${frame}`))].join(
    '\n',
  );
}
