/** Answers of Cloudflare's API, in its format. Codes and texts are those of its documentation and of wrangler's sources. */

/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

export const found = (result: unknown, total = 1): Answer => ({
  status: 200,
  body: {
    success: true,
    errors: [],
    messages: [],
    result,
    result_info: { page: 1, per_page: 100, count: total, total_count: total, total_pages: 1 },
  },
});

export const refused = (
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Answer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
  headers,
});

export const DENIED = refused(403, 10000, 'Authentication error');
export const LIMITED = refused(429, 971, 'Please wait and consider throttling your request speed', {
  'Retry-After': '1',
});
export const NO_SCRIPT = refused(404, 10007, 'This Worker does not exist on your account.');
export const NO_BUCKET = refused(404, 10006, 'The specified bucket does not exist.');
export const NO_R2 = refused(403, 10042, 'Please enable R2 through the Cloudflare Dashboard.');
export const NO_CORS = refused(404, 10059, 'The CORS configuration does not exist.');
export const NO_PROJECT = refused(
  404,
  8000007,
  'Project not found. The specified project name does not match any of your existing projects.',
);
export const NOT_ENTITLED = refused(
  403,
  1450,
  'This zone is not entitled to use Advanced Certificate Manager.',
);
