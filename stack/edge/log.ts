/** What workerd and the Worker in it print: a line of JSON each, as workerd writes with `structuredLogging`. */
import { z } from 'zod';
import { LogLevel } from './config.ts';

/** `source`, a place in workerd's own code, is there in what workerd says itself. */
const Printed = z.object({ level: z.string(), message: z.string(), source: z.string().optional() });

export interface Line {
  readonly level: string;
  readonly message: string;
  /** Whether workerd says it of itself, and not the Worker. */
  readonly isOwn: boolean;
}

/** How much of a line without an end is kept, in characters. */
const LONGEST = 1024 * 1024;

/** What workerd remarks that says nothing to those who run an instance. */
const REMARKS = [
  // Its code was compiled without the flags of V8 (stack/edge.ts), so it compiles it again at each start.
  'bootstrap compile cache failed its compatibility check',
  'Not symbolizing stack traces because $LLVM_SYMBOLIZER is not set',
  'took recursive isolate lock',
  'CODE_MOVED for unknown code block',
];

/** Addresses in workerd's program, which only its makers can read. */
const STACK = /[;\s]*\bstack: (?:[^\n]*@[a-f\d]+|(?:[a-f\d]+ ?)+)$/gm;

const ownLine = (level: string, message: string): Line => ({
  level,
  message: message.replace(STACK, ''),
  isOwn: true,
});

/** A line as workerd has written it; what is not JSON comes from below its log, and is an error. Pure. */
export function parseLine(text: string): Line {
  try {
    const { level, message, source } = Printed.parse(JSON.parse(text));
    return source === undefined ? { level, message, isOwn: false } : ownLine(level, message);
  } catch {
    return ownLine('error', text);
  }
}

/** Whether a line is written to the log, at a level or above. Levels of workerd's own are always written. Pure. */
export function isWritten({ level, message, isOwn }: Line, least: LogLevel): boolean {
  if (isOwn && (message === '' || REMARKS.some((remark) => message.includes(remark)))) return false;
  const levels: readonly string[] = LogLevel.options;
  const rank = levels.indexOf(level === 'log' ? 'info' : level);
  return rank === -1 || rank >= levels.indexOf(least);
}

/** A message whose further lines can't be taken for lines of the log. Pure. */
export const indented = (message: string): string => message.replaceAll(/[\r\n\u2028\u2029]+(?!\s)/g, '\n  ');

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

/** Takes what workerd prints on each of its streams. @param onLine gets each line of either */
export function printed(onLine: (line: Line) => void): Record<'output' | 'error', (chunk: Buffer) => void> {
  const onText = (text: string) => onLine(parseLine(text));
  return { output: lines(onText), error: lines(onText) };
}
