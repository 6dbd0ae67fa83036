/** What workerd and the Worker in it print: a line of JSON each, as workerd writes with `structuredLogging`. */
import { z } from 'zod';
import { LogLevel } from './config.ts';

const Line = z.object({ level: z.string(), message: z.string() });
export type Line = z.infer<typeof Line>;

/** How much of a line without an end is kept, in characters. */
const LONGEST = 1024 * 1024;

/** What workerd remarks that says nothing to those who run an instance. */
const REMARKS = [
  // Its code was compiled without the flags of V8 (process.ts), so it compiles it again at each start.
  'bootstrap compile cache failed its compatibility check',
  'Not symbolizing stack traces because $LLVM_SYMBOLIZER is not set',
  'took recursive isolate lock',
  'CODE_MOVED for unknown code block',
];

/** Addresses in workerd's program, which only its makers can read. */
const STACK = /stack:(?: (?:0|[a-f\d]{4,}|\S+@[a-f\d]+)){3,}/;

/** A line as workerd has written it; what is not JSON comes from below its log, and is an error. Pure. */
export function parseLine(text: string): Line {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    return { level: 'error', message: text };
  }
}

/** Whether a line is written to the log, at a level or above. Levels of workerd's own are always written. Pure. */
export function isWritten({ level, message }: Line, least: LogLevel): boolean {
  if (REMARKS.some((remark) => message.includes(remark)) || STACK.test(message)) return false;
  const levels: readonly string[] = LogLevel.options;
  const rank = levels.indexOf(level === 'log' ? 'info' : level);
  return rank === -1 || rank >= levels.indexOf(least);
}

/** Cuts a stream of bytes into lines. @param onLine gets each line that is not empty */
export function lines(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (parts.pop() ?? '').slice(0, LONGEST);
    for (const part of parts) if (part !== '') onLine(part);
  };
}
