/** Error responses of Supabase Auth. Source: github.com/supabase/auth v2.196.0, internal/api/errors.go */

/** An error that a route throws; start.ts turns it into a response. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly reasons: readonly string[];

  constructor(status: number, code: string, message: string, reasons: readonly string[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.reasons = reasons;
  }

  /** The response, in the shape of the client's API version. */
  toResponse(request: Request): Response {
    const weak = this.reasons.length > 0 ? { weak_password: { reasons: this.reasons } } : {};
    return request.headers.get('X-Supabase-Api-Version') === '2024-01-01'
      ? Response.json(
          { code: this.code, message: this.message, ...weak },
          { status: this.status, headers: { 'X-Supabase-Api-Version': '2024-01-01' } },
        )
      : Response.json(
          { code: this.status, error_code: this.code, msg: this.message, ...weak },
          { status: this.status },
        );
  }
}

/** The OAuth error name of an HTTP status. */
const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

/** The redirect that reports an error: in the fragment, and in the query too for a PKCE flow. */
export function refusedRedirect(
  redirectTo: string,
  refusal: Refusal,
  { pkce, fallback }: { pkce: boolean; fallback?: string },
): string {
  const url = new URL(redirectTo);
  const error = OAUTH_ERRORS[refusal.status] ?? fallback;
  const said = new URLSearchParams({
    ...(error === undefined ? {} : { error }),
    error_code: refusal.code,
    error_description: refusal.message,
  });
  if (pkce) for (const [name, value] of said) url.searchParams.set(name, value);
  said.set('sb', '');
  url.hash = said.toString();
  return url.href;
}
