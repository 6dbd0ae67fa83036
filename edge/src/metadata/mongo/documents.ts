/**
 * Between records and the documents that MongoDB keeps of them. Ids are ObjectIds there and the times of apps and
 * deployments are dates, so that other tools that read the database find what they expect.
 */
import { ObjectId } from 'mongodb';

/** A document as it is kept. */
// biome-ignore lint/suspicious/noExplicitAny: the driver draws its operators' types from this one, and `unknown` lets none of them through
export type Document = { _id: ObjectId | string; [member: string]: any };

/** How the records of one collection are kept. */
export interface Shape {
  /** The member that becomes `_id`. */
  key: string;
  /** Members that hold an id of 24 hexadecimal digits, or null. */
  ids: readonly string[];
  /** The member that says when a record was created, which lists are ordered by. */
  created?: string;
  /** Members that hold a time, or null. */
  dates: readonly string[];
  /** Members of the document that no record has: counters and versions, which are kept beside it. */
  beside: readonly string[];
  /** Members that are derived from the others, or are there for the backend's own work and for other readers. */
  drawn: readonly string[];
  /** Members that are left out of the document when they are null, for an index that is unique where they are. */
  sparse?: readonly string[];
  /** What holds for a document that is older than these members. */
  absent?: Readonly<Record<string, unknown>>;
  /** Completes members of a record that earlier versions stored with less in them. */
  // biome-ignore lint/suspicious/noExplicitAny: each shape knows the type of its own records
  upgrade?: (record: any) => object;
}

/** An id as it is kept. */
export const idOf = (id: string): ObjectId => ObjectId.createFromHexString(id);

/** The document of a record; `drawn` are the members that its shape derives from it. */
export function toDocument(shape: Shape, record: object, drawn: Record<string, unknown> = {}): Document {
  const members = Object.entries({ ...record, ...drawn }).flatMap(([name, value]) =>
    value === undefined || (value === null && shape.sparse?.includes(name))
      ? []
      : [[name === shape.key ? '_id' : name, kept(shape, name, value)] as const],
  );
  return Object.fromEntries(members) as Document;
}

/** The value of a member as it is kept. */
export function kept(shape: Shape, name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (shape.ids.includes(name)) return idOf(value);
  return shape.dates.includes(name) ? new Date(value) : value;
}

/** The record of a document. With `whole`, as it is stored: with what is kept beside it, and nothing upgraded. */
export function toRecord<Item>(shape: Shape, document: Document, whole = false): Item {
  const left = whole ? shape.drawn : [...shape.drawn, ...shape.beside];
  const members = Object.entries(document).flatMap(([name, value]) =>
    left.includes(name) ? [] : [[name === '_id' ? shape.key : name, told(value)] as const],
  );
  const record = { ...shape.absent, ...Object.fromEntries(members) };
  return (whole || shape.upgrade === undefined ? record : shape.upgrade(record)) as Item;
}

function told(value: unknown): unknown {
  if (value instanceof ObjectId) return value.toHexString();
  return value instanceof Date ? value.toISOString() : value;
}
