/** Errors as what a person reads, and as an exit code. */
import { RefusedError, UnexpectedResponseError, UnreachableError } from '@appflux/client';
import { type AppFluxError, isAppFluxError } from '@appflux/protocol';
import { EXIT, type Exit } from '../exit.ts';
import { connectionProblem } from './connection.ts';
import { CliProblem } from './problem.ts';

export interface Explanation {
  readonly message: string;
  readonly hint: string | null;
  readonly exit: Exit;
  /** A bug of this program: its stack helps those who mend it. */
  readonly stack: string | null;
}

/** What an error is to a person. `url` is the instance that was called, if any was. */
export function explain(error: unknown, url: string | null): Explanation {
  const own = problemIn(error);
  if (own !== null) return { message: own.message, hint: own.hint ?? null, exit: own.exit, stack: null };
  if (error instanceof UnreachableError) {
    const { message, hint } = connectionProblem(error, url ?? 'the instance');
    return { message, hint, exit: EXIT.unreachable, stack: null };
  }
  if (error instanceof UnexpectedResponseError) {
    return { message: error.message, hint: error.hint ?? null, exit: EXIT.unreachable, stack: null };
  }
  if (isAppFluxError(error)) {
    return { message: withIssues(error), hint: hintOf(error, url), exit: exitOf(error), stack: null };
  }
  return {
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is a bug of the command line. Please report it with the lines below.',
    exit: EXIT.failed,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  };
}

/** The problem that an error is, or that it was caused by: fetch wraps what our own fetch throws. */
function problemIn(error: unknown): CliProblem | null {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof CliProblem) return each;
  }
  return null;
}

/** The exit code of a refusal. */
function exitOf(error: AppFluxError): Exit {
  const status = error instanceof RefusedError ? error.httpStatus : error.status;
  if (status === 401 || status === 403) return EXIT.denied;
  if (status === 429 || status >= 500) return EXIT.unreachable;
  // The state of what was asked for doesn't allow it: already ended, not successful, removed.
  if (status === 409 || status === 410) return EXIT.failed;
  return EXIT.usage;
}

function withIssues({ message, issues = [] }: AppFluxError): string {
  const lines = issues.map(({ path, message: what }) => `  ${path === '' ? '' : `${path}: `}${what}`);
  return [message, ...lines].join('\n');
}

function hintOf(error: AppFluxError, url: string | null): string | null {
  if (error.code === 'unauthorized') {
    return `The token isn't valid${url === null ? '' : ` at ${url}`}: it was revoked or has expired. Run "appflux login" or set APPFLUX_TOKEN.`;
  }
  return error.hint ?? null;
}
