/**
 * The Worker's own log, for the operator. Others may read logs, too (every member of a Cloudflare account,
 * a log service), so nothing that signs in or opens storage is ever written: the lint rule in biome.json keeps all of
 * the Worker to this one way of writing.
 */
import { type ErrorOrigin, recentErrors } from './recent-errors.ts';
import { TOKEN_PREFIX } from './token-prefix.ts';

/** How many causes of an error are written. */
const MOST_CAUSES = 5;

/** What is masked, each with what stays readable of it. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Tokens of ours, wherever they stand: in paths, fragments, queries, headers.
  [new RegExp(`\\b(${Object.values(TOKEN_PREFIX).join('|')})[\\w-]{8,}`, 'g'), '$1***'],
  // Access tokens (RFC 7519 §3.1).
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, 'eyJ***'],
  [/\b(Bearer|Basic) +[\w.~+/=-]+/gi, '$1 ***'],
  // Tokens of GitHub, GitLab and Atlassian, and signing tokens of webhooks.
  [/\b(gh[oprsu]_|github_pat_)\w{8,}/g, '$1***'],
  [/\b(gl(?:pat|dt|rt|ptt|oas)-)[\w.-]{8,}/g, '$1***'],
  [/\b(AT(?:CT|AT)T3)[\w=-]{8,}/g, '$1***'],
  [/\b(whsec_)[\w+/=-]{8,}/g, '$1***'],
  // What makes a presigned request good.
  [/\b(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"']+/gi, '$1***'],
  // Names and passwords in URLs (RFC 3986 §3.2.1), as in MONGODB_URI.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@"']+@/gi, '$1***@'],
];

/** A text without what signs in or opens storage. */
export const withoutSecrets = (text: string): string =>
  SECRETS.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);

/** An error with its stack and its causes, as text. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  let cause = error;
  while (cause !== undefined && cause !== null && texts.length < MOST_CAUSES) {
    texts.push(cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return texts.join('\ncaused by ');
}

/** Counts an error among those that the operator sees, without writing it. `text` says what happened, `error` its code. */
export function noteError(text: string, error: unknown, origin: ErrorOrigin): void {
  recentErrors.note(withoutSecrets(text), error, origin, Date.now());
}

/** What ends a line, or would in the journal of systemd. */
const BREAKS = /[\0\r\n\u2028\u2029]+/g;

/** A text on one line. */
const oneLine = (text: string): string => text.replaceAll(BREAKS, ' ⏎ ');

/** A text whose further lines can't be taken for lines of the log. */
const indented = (text: string): string => text.replaceAll(BREAKS, '\n').replaceAll(/\n(?!\s)/g, '\n  ');

/** A text, and the error's own message. */
export const withReason = (text: string, error: unknown): string =>
  error === undefined ? text : `${text}: ${error instanceof Error ? error.message : String(error)}`;

export const journal = {
  /** Writes what happened. */
  info(text: string): void {
    console.log(withoutSecrets(oneLine(text)));
  },

  /** Writes what failed, and why, and counts it among the errors that the operator sees. `origin`: where it happened. */
  error(text: string, error?: unknown, origin: ErrorOrigin = { source: 'control plane' }): void {
    const id = origin.requestId === undefined ? '' : ` (request ${origin.requestId})`;
    const why = error === undefined ? '' : `: ${indented(errorText(error))}`;
    console.error(withoutSecrets(oneLine(text) + id + why));
    noteError(withReason(text, error), error, origin);
  },
};
