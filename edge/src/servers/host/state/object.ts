/** The state of one binding of an App in one environment: key-value pairs, or an SQLite database. */
import { DurableObject } from 'cloudflare:workers';
import { journal } from '../../../journal.ts';
import { limitedSql } from '../../../limits/sql.ts';
import { Alarm } from '../../../objects/alarm.ts';
import type {
  Answer,
  RemoteEntry,
  RemoteList,
  RemoteListOptions,
  RemoteResult,
  RemoteStatement,
  RemoteWrite,
} from '../facades/remote.ts';
import { dumpSql } from './dump.ts';
import type { StateEnv } from './env.ts';
import { entryLines, streamOf } from './export.ts';
import { Gate, isRead } from './gate.ts';
import { expirationOf, KeyValues } from './key-values.ts';
import { KV_LIMITS, REPORT_BYTES } from './limits.ts';
import { indexOf } from './objects.ts';
import type { Kind, StatePlace } from './place.ts';
import { answer, StateRefusal } from './refusal.ts';
import { realStatements, runStatements } from './statements.ts';

/** How many expired entries are removed in one transaction. */
const EXPIRE_AT_ONCE = 1000;

/** workerd sets no alarm that is later than 2189. Entries may expire later: they are looked at again then. */
const LATEST_ALARM_MS = Date.UTC(2189, 0);
const alarmFor = (expiration: number) => Math.min(expiration * 1000, LATEST_ALARM_MS);

const seconds = () => Math.floor(Date.now() / 1000);

/**
 * Methods for sites take whose state it is and answer why something can't be done, because errors lose their class on their
 * way. Nothing is stored before the App's index knows of it (index-object.ts), so that the index finds all there is to list,
 * export and remove.
 */
export class ServerStateObject extends DurableObject<StateEnv> {
  readonly #storage = this.ctx.storage;
  readonly #gate = new Gate();
  readonly #alarm = new Alarm(this.ctx, { name: () => `state ${this.ctx.id}` });
  #keyValues: KeyValues | null = null;
  /** What this object is, and how large it may become, as of its last report; null while it has not been admitted. */
  #admission: { readonly kind: Kind; readonly allowance: number } | null = null;
  /** Its size when it last reported. */
  #reported = 0;

  read(place: StatePlace, keys: readonly string[]): Promise<Answer<(RemoteEntry | null)[]>> {
    return answer(async () => {
      await this.#admitted(place, 'kv');
      const now = seconds();
      let left: number = KV_LIMITS.bulkBytes;
      return keys.map((key) => {
        const entry = this.#store().read(key, now);
        left -= entry?.value.byteLength ?? 0;
        if (left < 0) throw new StateRefusal(413, 'Total size of request exceeds the limit of 25MB');
        return entry;
      });
    });
  }

  write(place: StatePlace, key: string, value: ArrayBuffer, options: RemoteWrite): Promise<Answer<null>> {
    return answer(async () => {
      const expiration = expirationOf(options, seconds());
      const metadata = options.metadata ?? null;
      await this.#change(place, 'kv', () => this.#store().write(key, { value, expiration, metadata }));
      if (expiration !== null) this.#alarm.ringBy(alarmFor(expiration));
      return null;
    });
  }

  remove(place: StatePlace, key: string): Promise<Answer<null>> {
    return answer(async () => {
      await this.#change(place, 'kv', () => this.#store().remove(key));
      return null;
    });
  }

  list(place: StatePlace, options: RemoteListOptions): Promise<Answer<RemoteList>> {
    return answer(async () => {
      const { prefix = '', limit = KV_LIMITS.listKeys, cursor = null } = options;
      await this.#admitted(place, 'kv');
      return this.#store().list(prefix, limit, cursor, seconds());
    });
  }

  /** Runs the statements as one transaction. */
  run(place: StatePlace, statements: readonly RemoteStatement[]): Promise<Answer<RemoteResult[]>> {
    return answer(async () => {
      const real = realStatements(statements);
      if (!real.every(({ sql }) => isRead(sql))) await this.#gate.pass();
      return this.#change(place, 'sqlite', () => runStatements(this.#storage.sql, real));
    });
  }

  /** Size in bytes, and how many keys or tables there are. */
  usage(kind: Kind): { bytes: number; entries: number } {
    const { sql } = this.#storage;
    const bytes = sql.databaseSize;
    if (kind === 'kv') return { bytes, entries: this.#store().count() };
    const { n } = sql
      .exec<{ n: number }>(
        `SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`,
      )
      .one();
    return { bytes, entries: n };
  }

  /** SQL that restores the database, or a line of JSON for each key. */
  async export(kind: Kind): Promise<ReadableStream<Uint8Array>> {
    if (kind === 'kv') return streamOf(entryLines(this.#store().entries(seconds())));
    const { parts, release } = await this.#gate.hold(dumpSql(this.#storage.sql));
    return streamOf(parts, release);
  }

  /** Removes everything. What a site writes afterwards begins with nothing, if the index admits it. */
  async destroy(): Promise<void> {
    this.#admission = null;
    this.#keyValues = null;
    await this.#alarm.clear();
    await this.#storage.deleteAll();
  }

  /** Removes entries that have expired. */
  override async alarm(): Promise<void> {
    await this.#alarm.run([() => this.#expire()]);
  }

  #expire(): void {
    const store = this.#store();
    const isMore = this.#storage.transactionSync(() => store.removeExpired(seconds(), EXPIRE_AT_ONCE));
    const next = isMore ? seconds() : store.nextExpiration();
    if (next !== null) this.#alarm.ringBy(alarmFor(next));
  }

  #store(): KeyValues {
    this.#keyValues ??= new KeyValues(limitedSql(this.#storage.sql));
    return this.#keyValues;
  }

  async #admitted(place: StatePlace, kind: Kind): Promise<number> {
    const admission = this.#admission;
    return admission?.kind === kind ? admission.allowance : this.#report(place, kind);
  }

  /** Tells the index how large this object is; gives how large it may become. */
  async #report(place: StatePlace, kind: Kind): Promise<number> {
    const bytes = this.#storage.sql.databaseSize;
    const admission = await indexOf(this.env, place.appId).admit(place, kind, bytes);
    if (admission.outcome === 'removed') {
      throw new StateRefusal(410, 'This state was removed with its app or deployment.');
    }
    if (admission.outcome === 'other_kind') {
      throw new StateRefusal(
        409,
        `${place.binding} holds state of the kind "${admission.kind}" in ${place.scope}. Delete it with \`appflux state delete\`, or choose another name.`,
      );
    }
    this.#reported = bytes;
    this.#admission = { kind, allowance: admission.allowance };
    return admission.allowance;
  }

  /** Makes a change, all of it or nothing. One that the quota has no room for is refused. */
  async #change<T>(place: StatePlace, kind: Kind, change: () => T): Promise<T> {
    const within = (allowance: number): T =>
      this.#storage.transactionSync(() => {
        const before = this.#storage.sql.databaseSize;
        const result = change();
        const after = this.#storage.sql.databaseSize;
        if (after > before && after > allowance) throw new QuotaReached();
        return result;
      });
    const allowance = await this.#admitted(place, kind);
    // Its tables are there before the transaction, which may be rolled back.
    if (kind === 'kv') this.#store();
    let result: T;
    try {
      result = within(allowance);
    } catch (error) {
      if (!(error instanceof QuotaReached)) throw error;
      // Others may have made room since this object last asked.
      result = this.#secondTry(within, await this.#report(place, kind));
    }
    if (Math.abs(this.#storage.sql.databaseSize - this.#reported) >= REPORT_BYTES) {
      await this.#report(place, kind).catch((error: unknown) => {
        if (error instanceof StateRefusal) throw error;
        // The index does not respond. The change is made, and the next one reports again.
        journal.error('The size of a state was not reported', error);
      });
    }
    return result;
  }

  #secondTry<T>(within: (allowance: number) => T, allowance: number): T {
    try {
      return within(allowance);
    } catch (error) {
      if (!(error instanceof QuotaReached)) throw error;
      throw new StateRefusal(
        507,
        'The quota for the state of this app is used up. Delete what is no longer needed, or ask the operator of this AppFlux to raise SERVER_STATE_MB.',
      );
    }
  }
}

/** Rolls the transaction back. */
class QuotaReached extends Error {}
