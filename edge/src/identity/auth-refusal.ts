/** How the auth surface refuses: in Supabase Auth's words, so that supabase-js understands. */

/** A refusal with one of supabase-js's error codes (`ErrorCode` in @supabase/auth-js). */
export class AuthRefusal extends Error {
  override readonly name = 'AuthRefusal';
  readonly status: 400 | 401 | 403 | 404 | 413 | 422 | 429;
  readonly errorCode: string;
  /** When to ask again; becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: AuthRefusal['status'],
    errorCode: string,
    message: string,
    retryAfterSeconds?: number | undefined,
  ) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The body that Supabase Auth answers with. */
  toBody() {
    return {
      code: this.status,
      error_code: this.errorCode,
      msg: this.message,
      // supabase-js makes a weak password an error of its own only with its reasons.
      ...(this.errorCode === 'weak_password' ? { weak_password: { reasons: ['length'] } } : {}),
    };
  }
}
