/**
 * What a site's isolate and the server host say to each other about state. The host's entrypoints answer these calls
 * (../state/entrypoints.ts), and the facades turn them into the APIs that frameworks know.
 */

/**
 * An answer, or why there is none: `status` is that of HTTP, as Workers KV shows it in its errors; `at` is the statement
 * that failed, of several.
 */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly message: string; readonly at?: number };

/** An entry of key-value pairs. `metadata` is JSON. */
export interface RemoteEntry {
  readonly value: ArrayBuffer;
  readonly metadata: string | null;
}

export interface RemoteKey {
  readonly name: string;
  /** In seconds since 1970. */
  readonly expiration: number | null;
  readonly metadata: string | null;
}

export interface RemoteList {
  readonly keys: RemoteKey[];
  /** Where the next page begins; null after the last one. */
  readonly cursor: string | null;
}

export interface RemoteWrite {
  readonly expiration?: number | undefined;
  readonly expirationTtl?: number | undefined;
  readonly metadata?: string | undefined;
}

export interface RemoteListOptions {
  readonly prefix?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The entrypoint KeyValue. */
export interface RemoteKeyValue {
  read(key: string): Promise<Answer<RemoteEntry | null>>;
  readMany(keys: readonly string[]): Promise<Answer<(RemoteEntry | null)[]>>;
  write(key: string, value: ArrayBuffer, options: RemoteWrite): Promise<Answer<null>>;
  remove(key: string): Promise<Answer<null>>;
  list(options: RemoteListOptions): Promise<Answer<RemoteList>>;
}

export type SqlValue = null | number | string | ArrayBuffer;

export interface RemoteStatement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/** What a statement did, in the terms of D1. Durations are in milliseconds. */
export interface StatementMeta {
  readonly served_by: string;
  readonly served_by_primary: true;
  readonly total_attempts: 1;
  readonly timings: { readonly sql_duration_ms: number };
  readonly duration: number;
  readonly changes: number;
  readonly last_row_id: number;
  readonly changed_db: boolean;
  readonly size_after: number;
  readonly rows_read: number;
  readonly rows_written: number;
}

export interface RemoteResult {
  readonly columns: string[];
  readonly rows: SqlValue[][];
  readonly meta: StatementMeta;
}

/** The entrypoint SqlDatabase. All statements of a call are one transaction. */
export interface RemoteSql {
  run(statements: readonly RemoteStatement[]): Promise<Answer<RemoteResult[]>>;
}
