/**
 * What a call can end with besides its response. Everything but an abort is an AppFluxError, so a program that only
 * shows errors needs no other type. The classes tell a refusal from a lost connection.
 */
import { AppFluxError, ERROR_STATUS, type ErrorCode, type ErrorDetails, type Issue } from '@appflux/protocol';

/** Method and path of a call, without the query. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
}

/** The server received the call and refused it. */
export class RefusedError extends AppFluxError {
  override readonly name = 'RefusedError';
  /** The HTTP status. It can differ from that of `code` if a proxy answered. */
  readonly httpStatus: number;
  /** The code as it was sent; null if the response wasn't from AppFlux. A newer server may have codes unknown here. */
  readonly serverCode: string | null;
  readonly request: RequestLine;

  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { httpStatus: number; serverCode: string | null; request: RequestLine },
  ) {
    super(code, message, details);
    this.httpStatus = details.httpStatus;
    this.serverCode = details.serverCode;
    this.request = details.request;
  }
}

/** No response: the server is down, the network is, or the call took longer than its timeout. Code `unavailable`. */
export class UnreachableError extends AppFluxError {
  override readonly name = 'UnreachableError';
  readonly request: RequestLine;

  constructor(message: string, details: ErrorDetails & { request: RequestLine }) {
    super('unavailable', message, details);
    this.request = details.request;
  }
}

/** A success whose body has another shape than the protocol says. Code `internal`. */
export class UnexpectedResponseError extends AppFluxError {
  override readonly name = 'UnexpectedResponseError';
  readonly request: RequestLine;

  constructor(message: string, details: ErrorDetails & { request: RequestLine }) {
    super('internal', message, details);
    this.request = details.request;
  }
}

/** What a method of the client throws, aborts aside. */
export type ClientError = RefusedError | UnreachableError | UnexpectedResponseError;

/** Whether an error comes from a call of the client. */
export const isClientError = (error: unknown): error is ClientError =>
  error instanceof RefusedError ||
  error instanceof UnreachableError ||
  error instanceof UnexpectedResponseError;

/** What a refusal says. */
interface ErrorBody {
  code: string;
  message: string;
  hint?: string | undefined;
  issues?: Issue[] | undefined;
}

/**
 * The body of a refusal with any code and more members, as a newer server may send it; null if it has another shape.
 * Not a schema: the dashboard reads responses without zod, and this one can be a proxy's.
 */
function errorBody(body: unknown): ErrorBody | null {
  const { code, message, hint, issues } = objectOf(objectOf(body).error);
  if (typeof code !== 'string' || typeof message !== 'string') return null;
  if (hint !== undefined && typeof hint !== 'string') return null;
  if (issues === undefined) return { code, message, hint };
  if (!Array.isArray(issues)) return null;
  const read = issues.map((issue) => issueOf(objectOf(issue)));
  return read.includes(null) ? null : { code, message, hint, issues: read.filter((issue) => issue !== null) };
}

const issueOf = ({ path, message }: Readonly<Record<string, unknown>>): Issue | null =>
  typeof path === 'string' && typeof message === 'string' ? { path, message } : null;

/** A JSON object; an empty one instead of any other value. */
const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/**
 * A response that isn't a success, as an error.
 * @param body its text
 * @param now the moment for a `Retry-After` that is a date, in milliseconds
 */
export function refusalOf(
  { status: httpStatus, headers }: Pick<Response, 'status' | 'headers'>,
  body: string,
  request: RequestLine,
  now: number,
): RefusedError {
  const retryAfterSeconds = retryAfterOf(headers.get('Retry-After'), now);
  const retry = retryAfterSeconds === null ? {} : { retryAfterSeconds };
  const parsed = errorBody(parseJson(body));
  if (parsed === null) {
    return new RefusedError(codeOf(httpStatus), `The server returned ${httpStatus}.`, {
      ...retry,
      httpStatus,
      serverCode: null,
      request,
    });
  }
  const { code, message, hint, issues } = parsed;
  return new RefusedError(isErrorCode(code) ? code : codeOf(httpStatus), message, {
    ...retry,
    ...(hint !== undefined && { hint }),
    ...(issues !== undefined && { issues }),
    httpStatus,
    serverCode: code,
    request,
  });
}

/** JSON as a value; undefined, which no schema of a response accepts, if it isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // HTML of a proxy, or cut off: the caller reports it as a body that doesn't fit its schema.
    return undefined;
  }
}

/** `Retry-After` in seconds from now (RFC 9110 §10.2.3: seconds or a date); null if there is none to come. */
export function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000);
  return seconds > 0 ? seconds : null;
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_STATUS, code);

/** The most general code of a status. */
function codeOf(status: number): ErrorCode {
  const codes = Object.keys(ERROR_STATUS) as ErrorCode[];
  // Of the many codes of 409, none is general.
  const exact = codes.find((code) => ERROR_STATUS[code] === status && status !== 409);
  if (exact) return exact;
  if (status >= 502) return 'unavailable';
  return status >= 500 ? 'internal' : 'bad_request';
}
