/** How the auth surface refuses: in Supabase Auth's words, so that supabase-js understands. */

/** A refusal with one of supabase-js's error codes (`ErrorCode` in @supabase/auth-js). */
export class AuthRefusal extends Error {
  override readonly name = 'AuthRefusal';
  readonly status: 400 | 401 | 403 | 404 | 413;
  readonly errorCode: string;

  constructor(status: AuthRefusal['status'], errorCode: string, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }

  /** The body that Supabase Auth answers with. */
  toBody() {
    return { code: this.status, error_code: this.errorCode, msg: this.message };
  }
}
