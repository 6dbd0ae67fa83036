/** How a command reports that it can't continue: one of a few codes, and what to do about it. */
import { stripVTControlCharacters } from 'node:util';

/** The problems that can stop a command, apart from bugs. */
export const PROBLEM_CODES = [
  'arguments_invalid',
  'settings_invalid',
  'platform_unsupported',
  'port_taken',
  'disk_full',
  'state_in_use',
  'state_unusable',
  'state_newer',
  'package_missing',
  'engine_missing',
  'engine_denied',
  'engine_failed',
  'image_failed',
  'dashboard_failed',
  'metadata_unreachable',
  'edge_failed',
  'servers_failed',
  'proxy_failed',
  'runner_failed',
  'service_failed',
  'backup_failed',
  'backup_damaged',
  'backup_locked',
  'restore_refused',
  'upgrade_refused',
  'upgrade_failed',
  'cloudflare_denied',
  'cloudflare_failed',
  'deploy_refused',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Ends a command with one sentence and no stack trace. `advice` is what the user can do. */
export class StackProblem extends Error {
  override readonly name = 'StackProblem';
  readonly code: ProblemCode;
  readonly advice: string;

  constructor(code: ProblemCode, message: string, advice: string, details: { cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.advice = advice;
  }

  /** The sentence: what is wrong, then what to do. */
  get sentence() {
    return `${this.message}: ${this.advice}`;
  }
}

/** Whether a value is a StackProblem, optionally of one code. */
export function isStackProblem(value: unknown, code?: ProblemCode): value is StackProblem {
  return value instanceof StackProblem && (code === undefined || value.code === code);
}

/** How the kernel says that a disk, or what a user may have of it, is full (errno(3)). */
const FULL = ['ENOSPC', 'EDQUOT'];

/** A full disk as a problem, whatever was being written; anything else as it was thrown. */
export function asProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !FULL.includes(String(error.code))) return error;
  const where = 'path' in error && typeof error.path === 'string' ? ` of ${error.path}` : '';
  return new StackProblem(
    'disk_full',
    `The disk${where} is full (${error.code})`,
    'free some of it, then try again',
    { cause: error },
  );
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How much of a line of output a message has, in characters: a program may print all of a file as one. */
const LONGEST_LINE = 500;

const trimmed = (line: string): string => line.trim().slice(0, LONGEST_LINE);

/** What npm prints around a script that it runs, and the frames of a stack trace. */
const AROUND = /^(?:npm (?:error|ERR!|warn|WARN|notice)\b|> |at )/;

/**
 * The lines of a failed npm script's output that say why, as `lastLines` joins them: from the first line that
 * mentions an error, without npm's own; the last lines if none does.
 */
export function errorLines(output: string, count = 3): string {
  const lines = stripVTControlCharacters(output)
    .split(/\r?\n/)
    .map(trimmed)
    .filter((line) => line !== '' && !AROUND.test(line));
  const first = lines.findIndex((line) => /\b(?:error|failed)\b/i.test(line));
  if (first >= 0) return lines.slice(first, first + count).join(' | ');
  return lastLines(lines.length > 0 ? lines.join('\n') : output, count);
}

/** The last meaningful lines of a program's output, for a message: at most `count`, joined by ` | `. */
export function lastLines(output: string, count = 3): string {
  return output
    .split(/\r?\n/)
    .map(trimmed)
    .filter((line) => line !== '')
    .slice(-count)
    .join(' | ');
}
