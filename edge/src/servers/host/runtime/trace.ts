/**
 * Reads what the platform has recorded of one invocation of a site: its console lines, the errors that it did not catch,
 * and how it ended. All texts in it are the site's. Pure.
 */
import { MAX_RUNTIME_LINES, type RuntimeEvent, type RuntimeLevel } from '@appflux/protocol';
import { cronOfMethod } from './cron-source.ts';
import type { Mask } from './mask.ts';

/** What is used of a TraceItem: https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/ */
export interface Trace {
  readonly event: unknown;
  readonly eventTimestamp: number | null;
  readonly logs: readonly { readonly timestamp: number; readonly level: string; readonly message: unknown }[];
  readonly exceptions: readonly {
    readonly timestamp: number;
    readonly name: string;
    readonly message: string;
    readonly stack?: string | undefined;
  }[];
  readonly outcome: string;
}

const LEVELS: ReadonlyMap<string, RuntimeLevel> = new Map([
  ['debug', 'debug'],
  ['log', 'info'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
]);

/** How an invocation ended that the platform ended; `ok`, `canceled` and the like are no faults of the site. */
const OUTCOMES: ReadonlyMap<string, string> = new Map([
  ['exceededCpu', 'The server used more CPU time than allowed and was stopped.'],
  ['exceededMemory', 'The server used more memory than allowed and was stopped.'],
  ['exception', 'The server threw an error.'],
  ['loadShed', 'The platform is overloaded and did not run the server.'],
]);

/** The longest stack: what is below the first frames is the framework's. */
const STACK_LINES = 30;

/** What traces are read with. */
export interface TraceOptions {
  readonly mask: Mask;
  /** The server's cron expressions. */
  readonly crons: readonly string[];
  /** The time of what has none, in Unix milliseconds. */
  readonly now: number;
}

/** The request or the cron that something happened in. */
type Context = Pick<RuntimeEvent, 'request' | 'cron'>;

/** What happened, in order, and how much more did that is left out. */
export function eventsOf(
  trace: Trace,
  { mask, crons, now }: TraceOptions,
): { events: RuntimeEvent[]; dropped: number } {
  const context = contextOf(trace.event, mask, crons);
  const at = (timestamp: unknown) =>
    isoOf(timestamp, isoOf(trace.eventTimestamp, new Date(now).toISOString()));
  const lines = trace.logs.slice(0, MAX_RUNTIME_LINES).map(
    ({ timestamp, level, message }): RuntimeEvent => ({
      at: at(timestamp),
      kind: 'console',
      level: LEVELS.get(level) ?? 'info',
      ...textAndStack(textOf(message), mask),
      ...context,
    }),
  );
  const errors = trace.exceptions.slice(0, MAX_RUNTIME_LINES).map(
    ({ timestamp, name, message, stack }): RuntimeEvent => ({
      at: at(timestamp),
      kind: 'exception',
      level: 'error',
      text: mask.line(`${name}: ${message}`),
      stack: stackOf(stack, mask),
      ...context,
    }),
  );
  const events = [...lines, ...errors].sort((one, other) =>
    one.at < other.at ? -1 : one.at > other.at ? 1 : 0,
  );
  const ended = trace.outcome === 'exception' && errors.length > 0 ? undefined : OUTCOMES.get(trace.outcome);
  if (ended !== undefined) {
    const last = events.at(-1)?.at ?? at(null);
    events.push({ at: last, kind: 'notice', level: 'error', text: ended, stack: null, ...context });
  }
  const dropped = trace.logs.length - lines.length + trace.exceptions.length - errors.length;
  return { events, dropped };
}

function contextOf(event: unknown, mask: Mask, crons: readonly string[]): Context {
  if (typeof event !== 'object' || event === null) return { request: null, cron: null };
  if ('rpcMethod' in event) return { request: null, cron: cronOfMethod(event.rpcMethod, crons) };
  if (!('request' in event) || typeof event.request !== 'object' || event.request === null)
    return { request: null, cron: null };
  const { method, url } = event.request as { method?: unknown; url?: unknown };
  const request = { method: mask.line(String(method), 20), path: mask.line(pathOf(String(url)), 1_000) };
  return { request, cron: null };
}

const pathOf = (url: string): string => URL.parse(url)?.pathname ?? '/';

/** What `console` was given. The platform hands over its arguments as JSON would have them. */
function textOf(message: unknown): string {
  return Array.isArray(message) ? message.map(argumentText).join(' ') : argumentText(message);
}

function argumentText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A value that JSON doesn't have, such as one with a cycle. The platform doesn't hand over any.
    return '[object]';
  }
}

/** A frame of a stack that names a place. */
const FRAME = /^\s+at .*:\d+:\d+\)?$/;

/** A line, with the frames of the stacks in it apart. */
function textAndStack(raw: string, mask: Mask): Pick<RuntimeEvent, 'text' | 'stack'> {
  // Frameworks print empty lines around what they log, for a terminal.
  const masked = mask
    .line(raw)
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  const [frames, rest] = [[], []] as [string[], string[]];
  for (const line of masked.split('\n')) (FRAME.test(line) ? frames : rest).push(line);
  if (frames.length === 0) return { text: masked, stack: null };
  return {
    text: rest.join('\n'),
    stack: frames
      .slice(0, STACK_LINES)
      .map((frame) => frame.trim())
      .join('\n'),
  };
}

/** An error that was thrown with this text, which includes its stack. */
export const thrownEvent = (text: string, mask: Mask, context: Context): RuntimeEvent => ({
  at: new Date().toISOString(),
  kind: 'exception',
  level: 'error',
  ...textAndStack(text, mask),
  ...context,
});

function stackOf(stack: unknown, mask: Mask): string | null {
  if (typeof stack !== 'string') return null;
  const frames = mask
    .line(stack.slice(0, 32_768))
    .split('\n')
    .filter((line) => /^\s*at /.test(line))
    .slice(0, STACK_LINES);
  return frames.length === 0 ? null : frames.map((frame) => frame.trim()).join('\n');
}

function isoOf(timestamp: unknown, otherwise: string): string {
  const date = new Date(typeof timestamp === 'number' ? timestamp : Number.NaN);
  // Four digits of a year are what the API promises.
  return date.getTime() >= 0 && date.getTime() < 253_402_300_800_000 ? date.toISOString() : otherwise;
}
