/** How a call is refused: one format and one list of codes, for HTTP answers and for exceptions alike. */
import { z } from 'zod';

/** Each code with the HTTP status of its answer. */
export const ERROR_STATUS = {
  bad_request: 400,
  invalid_domain: 400,
  unauthorized: 401,
  forbidden: 403,
  /** A signed-in user who is in no team. */
  no_team: 403,
  not_found: 404,
  /** None of the forms that the client accepts, or not the version of a protocol that it speaks. */
  not_acceptable: 406,
  slug_taken: 409,
  domain_taken: 409,
  too_many_domains: 409,
  too_many_hooks: 409,
  email_taken: 409,
  identity_taken: 409,
  last_owner: 409,
  instance_owner: 409,
  already_ended: 409,
  not_successful: 409,
  upload_incomplete: 409,
  stale_attempt: 409,
  in_progress: 409,
  idempotency_key_reused: 409,
  nothing_to_release: 409,
  variables_differ: 409,
  release_changed: 409,
  settings_changed: 409,
  source_removed: 409,
  log_not_archived: 409,
  artifacts_removed: 410,
  log_removed: 410,
  body_too_large: 413,
  unprocessable: 422,
  token_used: 422,
  too_many_requests: 429,
  queue_full: 429,
  internal: 500,
  log_damaged: 500,
  artifact_damaged: 500,
  unavailable: 503,
  storage_full: 507,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;
const codes = Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]];

/** One error in an input: where it is (a path into the body, query or headers), and what. */
export const Issue = z.strictObject({ path: z.string(), message: z.string() });
export type Issue = z.infer<typeof Issue>;

/** The body of every refusal. */
export const ErrorBody = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(codes),
      message: z.string(),
      hint: z.string().optional(),
      issues: z.array(Issue).optional(),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** The fields of an AppFluxError besides its code and message. */
export interface ErrorDetails {
  /** What the caller can do about it. */
  hint?: string;
  issues?: Issue[];
  /** Seconds after which a retry may succeed; becomes `Retry-After` (RFC 9110 §10.2.3). */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** A refusal that the caller is meant to see. Anything else thrown is a bug and answered as `internal`. */
export class AppFluxError extends Error {
  override readonly name: string = 'AppFluxError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly issues: Issue[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.issues = details.issues;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** The HTTP status of this refusal's answer. */
  get status() {
    return ERROR_STATUS[this.code];
  }

  /** The body of this refusal's answer. */
  toBody(): ErrorBody {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.hint === undefined ? {} : { hint: this.hint }),
        ...(this.issues === undefined ? {} : { issues: this.issues }),
      },
    };
  }
}

/** Whether a value is an AppFluxError, optionally of one code. */
export function isAppFluxError(value: unknown, code?: ErrorCode): value is AppFluxError {
  return value instanceof AppFluxError && (code === undefined || value.code === code);
}

/** The errors of a zod error as Issues. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
}
