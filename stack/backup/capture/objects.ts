/**
 * The objects of an instance that keeps them in an S3 server. The pause doesn't reach that server, and needn't: an object is
 * stored before anything names it, and never changes afterwards. So all objects of the moment are among those that are
 * there before it and those that are there after it, but for one that is stored and deleted within the backup.
 */
import type { Listed } from '../../../edge/src/storage/s3-xml.ts';
import type { Bucket } from '../bucket.ts';
import type { SnapshotWriter } from '../format/write.ts';
import type { Outside } from './local.ts';

/** Where an object's bytes are in a snapshot. */
export const objectPath = (key: string): string => `objects/${key}`;

/** What begins the keys of an instance's objects (edge/src/storage/keys.ts). */
export const PREFIXES = ['apps/', 'uploads/', 'deployments/'] as const;

/** How many objects are asked for ahead of the one that is being stored. */
const AHEAD = 4;

export function bucketObjects(bucket: Bucket, detail: (text: string) => void): Outside {
  const added = new Map<string, string>();
  const addAll = async (writer: SnapshotWriter) => {
    const changed: Listed[] = [];
    for (const prefix of PREFIXES) {
      for await (const object of bucket.list(prefix)) {
        const { key } = object;
        const seen = seenOf(object);
        if (added.get(key) === seen) continue;
        const path = objectPath(key);
        if (writer.previous(path)?.seen === seen) {
          writer.reuse(path, seen);
          added.set(key, seen);
        } else changed.push(object);
      }
    }
    let done = 0;
    for await (const [object, answer] of ahead(changed, AHEAD, ({ key }) => bucket.get(key))) {
      done += 1;
      detail(`${done} of ${changed.length} objects`);
      // It was deleted since it was listed.
      if (answer === null) continue;
      const { contentType, body } = answer;
      const seen = seenOf({ ...object, etag: answer.etag });
      await writer.add({ path: objectPath(object.key), kind: 'object', seen, contentType }, body);
      added.set(object.key, seen);
    }
  };
  return { before: addAll, during: async () => undefined, after: addAll };
}

const seenOf = ({ etag, size }: Listed): string => `${etag}:${size}`;

/** Each item with what `ask` gives for it, in order; the next few are asked for while one is used. */
async function* ahead<Item, Answer>(
  items: readonly Item[],
  count: number,
  ask: (item: Item) => Promise<Answer>,
): AsyncGenerator<[Item, Answer]> {
  const asked: Promise<Answer>[] = [];
  for (const [index, item] of items.entries()) {
    for (const next of items.slice(index + asked.length, index + count)) {
      const answer = ask(next);
      // A failure is thrown where its turn comes.
      answer.catch(() => undefined);
      asked.push(answer);
    }
    const answer = asked.shift();
    if (answer === undefined) throw new Error('every item was asked for');
    yield [item, await answer];
  }
}
