/**
 * Signed requests to one bucket of an S3 server: AWS Signature Version 4, path-style addresses.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { AppFluxError } from '@appflux/protocol';
import { AwsV4Signer } from 'aws4fetch';
import { retrying } from './retry.ts';
import { readFault, type S3Fault, UnreadableAnswer } from './s3-xml.ts';

export interface S3Settings {
  /** The server's address; it may have a path, to which bucket and key are added. */
  endpoint: string;
  /** Where those reach it who are given a presigned URL; null where that is the same address. */
  publicEndpoint?: string | null;
  bucket: string;
  /** `auto` for R2. */
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Null for the bucket itself. */
  key: string | null;
  query?: Readonly<Record<string, string>>;
  /** Signed with the request. */
  headers?: Readonly<Record<string, string>>;
  /** Sent, but not signed: what lies between may change them. */
  unsignedHeaders?: Readonly<Record<string, string>>;
  body?: string | ArrayBuffer | Uint8Array;
  /** How long the server may take to begin its answer, in milliseconds; ANSWER_WITHIN_MS unless given. */
  withinMs?: number;
  /** Whether doing it twice is the same as doing it once: then it is tried again when the server is at fault. */
  idempotent: boolean;
}

/** How long a server may usually take to begin its answer, in milliseconds. */
const ANSWER_WITHIN_MS = 30_000;

/** A refusal by the server, with the code of its error element. */
export class S3Refusal extends Error {
  override readonly name = 'S3Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, fault: S3Fault | null) {
    super(`The storage answered ${status} ${fault?.code ?? ''}: ${fault?.message ?? 'no reason given'}`);
    this.status = status;
    this.code = fault?.code ?? '';
  }
}

/** No answer, or one that broke off. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What may pass when tried again: no answer at all, a fault of the server, or too many requests. */
export const isTransient = (error: unknown): boolean =>
  error instanceof NoAnswer ||
  (error instanceof S3Refusal &&
    (error.status >= 500 ||
      error.status === 429 ||
      ['InternalError', 'ServiceUnavailable', 'SlowDown', 'RequestTimeout'].includes(error.code)));

/** What a caller of AppFlux gets for an error between us and the storage. Faults of ours stay as they are. */
export function unavailable(cause: unknown): unknown {
  if (isTransient(cause)) {
    return new AppFluxError('unavailable', "The storage doesn't respond", { cause, retryAfterSeconds: 5 });
  }
  if (cause instanceof S3Refusal || cause instanceof UnreadableAnswer) {
    return new AppFluxError('unavailable', 'The storage refuses this instance', {
      cause,
      hint: 'Check S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.',
    });
  }
  return cause;
}

export class S3Client {
  readonly #settings: () => S3Settings;
  /** Signing keys of days, which the signer derives from the secret key in four steps. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  /** Settings are asked for at each use: an instance without them refuses what needs storage, and nothing else. */
  constructor(settings: () => S3Settings) {
    this.#settings = settings;
  }

  /**
   * Sends a request and gives the answer, its body unread. Throws S3Refusal for an answer of 300 and above,
   * NoAnswer when there is none.
   */
  send(request: S3Request): Promise<Response> {
    return this.#exchange(request, async (response) => response);
  }

  /** Sends a request and gives the answer's body; throws like `send`. */
  text(request: S3Request): Promise<string> {
    return this.#exchange(request, (response) => response.text());
  }

  /**
   * A URL with which anyone who has it can do this one thing until `expiresSeconds` (at most seven days) after
   * `now`. Headers given here must be sent exactly so.
   */
  async presign(
    request: Pick<S3Request, 'method' | 'key' | 'query' | 'headers'>,
    expiresSeconds: number,
    now: Date,
  ): Promise<string> {
    const query = { ...request.query, 'X-Amz-Expires': String(expiresSeconds) };
    const datetime = now.toISOString().replace(/[:-]|\.\d{3}/g, '');
    const { endpoint, publicEndpoint } = this.#settings();
    const at = publicEndpoint ?? endpoint;
    const signed = await this.#signer({ ...request, query }, { signQuery: true, datetime }, at).sign();
    return signed.url.toString();
  }

  #exchange<Result>(request: S3Request, read: (response: Response) => Promise<Result>): Promise<Result> {
    const once = async () => {
      const { method, url, headers } = await this.#signer(request, {}).sign();
      for (const [name, value] of Object.entries(request.unsignedHeaders ?? {})) headers.set(name, value);
      // The types of browsers exclude shared memory in a body, of which there is none here.
      const body = (request.body ?? null) as Exclude<RequestInit['body'], undefined>;
      const init = { method, headers, body, redirect: 'manual' } as const;
      return answerTo(url, init, request.withinMs ?? ANSWER_WITHIN_MS, read);
    };
    return request.idempotent ? retrying(once, isTransient) : once();
  }

  #signer(
    request: Omit<S3Request, 'idempotent'>,
    how: { signQuery?: boolean; datetime?: string },
    endpoint = this.#settings().endpoint,
  ) {
    const { accessKeyId, secretAccessKey, region } = this.#settings();
    // Another day has another key.
    if (this.#signingKeys.size > 1) this.#signingKeys.clear();
    return new AwsV4Signer({
      ...how,
      cache: this.#signingKeys,
      method: request.method,
      url: this.#url(endpoint, request.key, request.query ?? {}).toString(),
      headers: { ...request.headers },
      // Otherwise Content-Length and Content-Type would be left out of the signature.
      allHeaders: true,
      service: 's3',
      region,
      accessKeyId,
      secretAccessKey,
    });
  }

  #url(endpoint: string, key: string | null, query: Readonly<Record<string, string>>): URL {
    const { bucket } = this.#settings();
    const path = key === null ? '' : `/${key.split('/').map(encodeSegment).join('/')}`;
    const url = new URL(`${endpoint.replace(/\/+$/, '')}/${encodeSegment(bucket)}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }
}

/** One request and what `read` makes of its answer. The wait is bounded; a body that `read` leaves may take its time. */
async function answerTo<Result>(
  url: URL,
  init: RequestInit,
  withinMs: number,
  read: (response: Response) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), withinMs);
  try {
    const response = await fetch(url, { ...init, signal: abort.signal });
    if (response.status >= 300) throw new S3Refusal(response.status, readFault(await response.text()));
    return await read(response);
  } catch (cause) {
    if (cause instanceof S3Refusal) throw cause;
    throw new NoAnswer(`No answer from ${url.host}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One segment of a key, percent-encoded as RFC 3986 has it. Segments that an URL parser would resolve away are a
 * fault of ours: keys are made in keys.ts.
 */
function encodeSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') {
    throw new TypeError(`A key has no segment ${JSON.stringify(segment)}`);
  }
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
