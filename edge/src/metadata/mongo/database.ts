/** MongoDB's collections, taking and giving records. Values in filters are always behind `$eq` or made by us. */
import type { Page, PageQuery } from '@appflux/protocol';
import { BSON, type Collection, type Db, type Filter, MongoServerError, type UpdateFilter } from 'mongodb';
import { MAX_PAGE_BYTES } from '../../limits/platform.ts';
import { type Listed, type Place, placeOf, positionOf, toPage } from '../paging.ts';
import { type CollectionName, SHAPES } from './collections.ts';
import { type Document, idOf, kept, type Shape, toDocument, toRecord } from './documents.ts';

/** MongoDB's code for a second document with a value that an index says is unique. */
const DUPLICATE_KEY = 11000;

/**
 * What servers that speak MongoDB's protocol on another database say instead, with other codes: SQLite's words from
 * FerretDB 1, PostgreSQL's of unique indexes and of exclusion constraints from those on PostgreSQL.
 */
const DUPLICATE_IN_WORDS =
  /UNIQUE constraint failed|duplicate key value violates unique constraint|conflicting key value violates exclusion constraint|\bE11000\b/;

/** Whether a write was refused because another document has the value already. */
export const isDuplicate = (error: unknown): error is MongoServerError =>
  error instanceof MongoServerError &&
  (error.code === DUPLICATE_KEY || DUPLICATE_IN_WORDS.test(error.message));

/**
 * A condition that a member has this very value. Without `$eq`, a value that is an object with operators, should one
 * ever get here, would be read as a condition of its own.
 */
export const is = <Value>(value: Value) => ({ $eq: value });

/** One collection. */
export class Records<Item extends object> {
  readonly documents: Collection<Document>;
  readonly #shape: Shape;

  constructor(db: Db, name: CollectionName) {
    this.documents = db.collection<Document>(name);
    this.#shape = SHAPES[name];
  }

  /** The filter that finds the record with this key. */
  key(key: string): Filter<Document> {
    if (!this.#shape.ids.includes(this.#shape.key)) return { _id: is(key) };
    return { _id: idOf(key) };
  }

  document(record: object, drawn?: Record<string, unknown>): Document {
    return toDocument(this.#shape, record, drawn);
  }

  record(document: Document): Item {
    return toRecord(this.#shape, document);
  }

  /** The first record that satisfies the filter, or null. */
  async first(filter: Filter<Document>): Promise<Item | null> {
    const document = await this.documents.findOne(filter);
    return document && this.record(document);
  }

  /** The order of a list, newest first. */
  get newestFirst(): Record<string, -1> {
    return { [this.#created]: -1, _id: -1 };
  }

  /** All that satisfy it, in the order of `sort`. */
  async all(filter: Filter<Document>, sort: Record<string, 1 | -1>, limit = 0): Promise<Item[]> {
    const documents = await this.documents.find(filter).sort(sort).limit(limit).toArray();
    return documents.map((document) => this.record(document));
  }

  /** A page of those that satisfy it, newest first. */
  async page(this: Records<Item & Listed>, filter: Filter<Document>, page: PageQuery): Promise<Page<Item>> {
    const position = await positionOf(page, async (id) => {
      const item = await this.first(this.key(id));
      return item && placeOf(item).at;
    });
    const below = position === null ? filter : { $and: [filter, this.#after(position)] };
    const { items, isCut } = await this.#withinBytes(below, this.newestFirst, page.limit + 1);
    return toPage(items, page.limit, isCut);
  }

  /** Those with a key after `after`, by ascending key, as many as a page holds; `next` is null at the end. */
  async walk(
    this: Records<Item & { id: string }>,
    after: string | null,
    limit: number,
    filter: Filter<Document> = {},
  ): Promise<{ items: Item[]; next: string | null }> {
    const beyond = after === null ? filter : { ...filter, _id: { $gt: idOf(after) } };
    const { items: read, isCut } = await this.#withinBytes(beyond, { _id: 1 }, limit + 1);
    const items = read.slice(0, limit);
    return { items, next: isCut || read.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** The first that satisfy the filter, as far as they have MAX_PAGE_BYTES together, and one at least. */
  async #withinBytes(
    filter: Filter<Document>,
    sort: Record<string, 1 | -1>,
    limit: number,
  ): Promise<{ items: Item[]; isCut: boolean }> {
    const items: Item[] = [];
    let bytes = 0;
    for await (const document of this.documents.find(filter).sort(sort).limit(limit)) {
      if (bytes >= MAX_PAGE_BYTES) return { items, isCut: true };
      bytes += BSON.calculateObjectSize(document);
      items.push(this.record(document));
    }
    return { items, isCut: false };
  }

  /** The condition that a record comes after a place. The first half of it is what an index can be searched by. */
  #after({ at, id }: Place): Filter<Document> {
    const created = this.#created;
    const time = kept(this.#shape, created, at);
    return {
      [created]: { $lte: time },
      $or: [{ [created]: { $lt: time } }, { _id: { $lt: idOf(id) } }],
    };
  }

  get #created(): string {
    const { created } = this.#shape;
    if (created === undefined) throw new Error('records without a time of creation are not listed');
    return created;
  }

  /** Adds a record; false when a value that is unique is there already. */
  async insert(record: object, drawn?: Record<string, unknown>): Promise<boolean> {
    try {
      await this.documents.insertOne(this.document(record, drawn));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /**
   * Sets the named members of the record with this key, if it satisfies `only`; gives it as it is then, or null when there
   * is none.
   */
  async change(key: string, change: object, only: Filter<Document> = {}): Promise<Item | null> {
    const filter = { ...this.key(key), ...only };
    const set = this.document(change);
    const gone = (this.#shape.sparse ?? []).filter((name) => name in change && !(name in set));
    const update: UpdateFilter<Document> = {
      ...(Object.keys(set).length > 0 && { $set: set }),
      ...(gone.length > 0 && { $unset: Object.fromEntries(gone.map((name) => [name, ''] as const)) }),
    };
    return Object.keys(update).length === 0 ? this.first(filter) : this.update(filter, update);
  }

  /** Updates the first that satisfies the filter; gives it as it is then, or null when there is none. */
  async update(filter: Filter<Document>, update: UpdateFilter<Document>): Promise<Item | null> {
    const document = await this.documents.findOneAndUpdate(filter, update, { returnDocument: 'after' });
    return document && this.record(document);
  }

  /** Keeps the record unless there is one with its key; gives what is kept. */
  async keep(key: string, record: object): Promise<Item> {
    await this.insert(record);
    const kept = await this.first(this.key(key));
    if (kept === null) throw new Error(`${key} was just written and is not there`);
    return kept;
  }

  /** Removes those that satisfy the filter; gives how many there were. */
  async remove(filter: Filter<Document>): Promise<number> {
    return (await this.documents.deleteMany(filter)).deletedCount;
  }
}
