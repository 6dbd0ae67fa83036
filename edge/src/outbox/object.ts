/**
 * The Durable Object of links that wait to reach their person: by mail, or by the operator, who reads them. Links are
 * sealed, end with their tokens, and are deleted when they are used or were sent. There are at most MOST_ITEMS.
 */
import { DurableObject } from 'cloudflare:workers';
import { Role } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { limitedSql, type Sql } from '../limits/sql.ts';
import { mailerOf } from '../mail/index.ts';
import { isDeliverable, MailRefused } from '../mail/mail.ts';
import { type LinkKind, linkMail } from '../mail/messages.ts';
import { Alarm } from '../objects/alarm.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { createSealer } from '../secrets/sealing.ts';
import { tryAgainAt } from './retry.ts';

/** How many links wait; more make the oldest go. */
export const MOST_ITEMS = 500;

/** How many mails are sent at the same time. Their answers may be slow in coming. */
const AT_ONCE = 5;

/** What a link is about, and what only its person may know. */
export interface NewItem {
  /** The id of its token. */
  id: string;
  kind: LinkKind;
  /** Whose token it is: a user, or the team of an invitation. */
  ownerId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** The sealed text of a `Letter`, for the place that `letterLabel` names. */
  sealed: string;
}

/** What is sealed. */
export const Letter = z.strictObject({
  to: z.string(),
  url: z.string(),
  invitedBy: z.string().optional(),
  role: Role.optional(),
});
export type Letter = z.infer<typeof Letter>;

export const letterLabel = (id: string) => `outbox:${id}`;

/** A link as the operator reads it. */
export interface OpenItem extends Letter {
  id: string;
  kind: LinkKind;
  ownerId: string;
  createdAt: number;
  expiresAt: number;
  /** Why it was not sent; null when nobody tried. */
  failure: string | null;
  /** When it is sent, or sent again; null when that is left to the operator. */
  nextTryAt: number | null;
  /** Whether it is read for the first time. */
  first: boolean;
}

type Row = {
  id: string;
  kind: LinkKind;
  owner_id: string;
  sealed: string;
  created_at: number;
  expires_at: number;
  attempts: number;
  next_at: number | null;
  failure: string | null;
  read_at: number | null;
};

export class OutboxObject extends DurableObject<Env> {
  readonly #sql: Sql;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = limitedSql(ctx.storage.sql);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS items (
         id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner_id TEXT NOT NULL, sealed TEXT NOT NULL,
         created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
         next_at INTEGER, failure TEXT, read_at INTEGER
       )`,
    );
    this.#alarm = new Alarm(ctx, {
      name: () => 'outbox',
      onOpen: () => this.#alarm.ringBy(this.#due()),
      afterRun: () => storeErrors(env),
    });
  }

  /** Takes a link, and sends it immediately where mail is configured. A newer one for a person replaces the one before. */
  add({ id, kind, ownerId, expiresAt, sealed }: NewItem): void {
    const now = Date.now();
    if (kind !== 'invitation')
      this.#sql.exec('DELETE FROM items WHERE kind = ? AND owner_id = ?', kind, ownerId);
    this.#sql.exec(
      `INSERT OR REPLACE INTO items (id, kind, owner_id, sealed, created_at, expires_at, attempts, next_at)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?)`,
      id,
      kind,
      ownerId,
      sealed,
      now,
      expiresAt,
      mailerOf(this.env) === null ? null : now,
    );
    this.#sql.exec(
      'DELETE FROM items WHERE id IN (SELECT id FROM items ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)',
      MOST_ITEMS,
    );
    this.#alarm.ringBy(this.#due());
  }

  /** The links that wait, newest first, opened. They count as read from now on. */
  async list(): Promise<OpenItem[]> {
    const now = Date.now();
    const rows = this.#rows('expires_at > ? ORDER BY created_at DESC, id DESC', now);
    const items: OpenItem[] = [];
    for (const row of rows) {
      const letter = await this.#open(row);
      if (letter === null) continue;
      items.push({
        ...letter,
        id: row.id,
        kind: row.kind,
        ownerId: row.owner_id,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        failure: row.failure,
        nextTryAt: row.next_at,
        first: row.read_at === null,
      });
    }
    this.#sql.exec('UPDATE items SET read_at = ? WHERE read_at IS NULL AND expires_at > ?', now, now);
    return items;
  }

  /** Links that mail could not bring to their person, or should have by now. Of links that nobody mails there are none. */
  unsent(): { count: number; oldestAt: number | null } {
    return this.#sql
      .exec<{ count: number; oldestAt: number | null }>(
        `SELECT count(*) AS count, min(created_at) AS oldestAt FROM items
         WHERE expires_at > ?1 AND (failure IS NOT NULL OR next_at <= ?1)`,
        Date.now(),
      )
      .one();
  }

  /** Forgets a link: it was used or revoked. */
  remove(id: string): void {
    this.#sql.exec('DELETE FROM items WHERE id = ?', id);
  }

  /** Forgets all links of a user or a team, of one kind if it is given. */
  removeOf(ownerId: string, kind: LinkKind | null): void {
    this.#sql.exec('DELETE FROM items WHERE owner_id = ? AND (? IS NULL OR kind = ?)', ownerId, kind, kind);
  }

  /** Seals all links with the key of today; gives how many were sealed with another one. */
  async reseal(): Promise<number> {
    const sealer = createSealer(this.env);
    let resealed = 0;
    for (const { id, sealed } of this.#rows('1')) {
      const again = await sealer.reseal(sealed, letterLabel(id));
      if (again === null) continue;
      this.#sql.exec('UPDATE items SET sealed = ? WHERE id = ?', again, id);
      resealed += 1;
    }
    return resealed;
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([
      () => this.#sql.exec('DELETE FROM items WHERE expires_at <= ?', Date.now()),
      () => this.#sendDue(),
      () => this.#alarm.ringBy(this.#due()),
    ]);
  }

  /** When something has to be done: a mail to be sent, a link to be forgotten. */
  #due(): number | null {
    return this.#sql
      .exec<{ due: number | null }>(
        'SELECT MIN(MIN(expires_at, COALESCE(next_at, expires_at))) AS due FROM items',
      )
      .one().due;
  }

  #rows(where: string, ...values: number[]): Row[] {
    return this.#sql.exec<Row>(`SELECT * FROM items WHERE ${where}`, ...values).toArray();
  }

  async #sendDue(): Promise<void> {
    for (;;) {
      const due = this.#rows('next_at <= ? ORDER BY next_at LIMIT ?', Date.now(), AT_ONCE);
      if (due.length === 0) return;
      await Promise.all(due.map((row) => this.#send(row)));
    }
  }

  /** Sends a mail. Afterwards its link is forgotten, waits for the next attempt, or is left to the operator. */
  async #send(row: Row): Promise<void> {
    const letter = await this.#open(row);
    if (letter === null) return;
    const attempts = row.attempts + 1;
    try {
      const mailer = mailerOf(this.env);
      if (mailer === null) throw new MailRefused('No mail service is configured any more', { later: false });
      if (!isDeliverable(letter.to))
        throw new MailRefused('No mail can be sent to this address', { later: false });
      const { kind, expires_at: expiresAt } = row;
      const instance = this.env.PUBLIC_URL;
      const link = { ...letter, kind, expiresAt: new Date(expiresAt).toISOString(), instance };
      await mailer.send(linkMail(link), row.id);
      this.remove(row.id);
      journal.info(`The mail with link ${row.id} was sent`);
    } catch (error) {
      const refused = error instanceof MailRefused ? error : new MailRefused(String(error), { later: true });
      const nextAt = tryAgainAt({ attempts, expiresAt: row.expires_at }, refused, Date.now());
      journal.error(
        `The mail with link ${row.id} was not sent, attempt ${attempts}; ${nextAt === null ? 'the link waits in the outbox' : `the next one is at ${new Date(nextAt).toISOString()}`}`,
        refused,
      );
      this.#sql.exec(
        'UPDATE items SET attempts = ?, next_at = ?, failure = ? WHERE id = ?',
        attempts,
        nextAt,
        refused.message,
        row.id,
      );
    }
  }

  /** What is sealed in an item; null, and the item is forgotten, when no key opens it: its link can be asked for again. */
  async #open({ id, sealed }: Row): Promise<Letter | null> {
    try {
      const letter = Letter.parse(JSON.parse(await createSealer(this.env).open(sealed, letterLabel(id))));
      return { ...letter, url: atInstance(letter.url, this.env.PUBLIC_URL) };
    } catch (error) {
      journal.error(`Link ${id} in the outbox can't be opened`, error);
      this.remove(id);
      return null;
    }
  }
}

/** A link at the instance's URL of today, which is another one after a restore elsewhere. */
function atInstance(link: string, publicUrl: string): string {
  const { pathname, search, hash } = new URL(link);
  return `${publicUrl}${pathname}${search}${hash}`;
}
