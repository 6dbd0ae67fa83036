/** A bucket of an S3 server, as far as a backup needs it. */
import { createS3Objects } from '../../edge/src/storage/s3.ts';
import { S3Client, type S3Settings } from '../../edge/src/storage/s3-client.ts';
import { type Listed, readObjects } from '../../edge/src/storage/s3-xml.ts';
import type { ObjectStore } from '../../edge/src/storage/storage.ts';
import { messageOf, StackProblem } from '../problem.ts';
import { inChunks } from './format/write.ts';

/** The largest object that is written in one piece, and the size of the parts of larger ones, in bytes. */
const PART_BYTES = 16 * 1024 ** 2;

export interface Bucket {
  /** For messages. */
  readonly name: string;
  /** All objects whose keys begin with a prefix. */
  list(prefix: string): AsyncGenerator<Listed>;
  /** @throws StackProblem `backup_failed`; null when there is no such object */
  get(
    key: string,
  ): Promise<{ body: ReadableStream<Uint8Array>; contentType: string | null; etag: string } | null>;
  /** Writes an object of a known size. */
  put(
    key: string,
    content: AsyncIterable<Uint8Array>,
    size: number,
    contentType: string | null,
  ): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
}

/** The bucket of an S3 server. */
export function bucketOf(settings: S3Settings): Bucket {
  const client = new S3Client(() => settings);
  const objects = createS3Objects(client);
  const name = `${settings.bucket} at ${new URL(settings.endpoint).host}`;
  const answered = async <Result>(asked: Promise<Result>): Promise<Result> => {
    try {
      return await asked;
    } catch (cause) {
      const why =
        cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
      throw new StackProblem(
        'backup_failed',
        `The bucket ${name} can't be used (${why})`,
        'check its name, the endpoint and the keys, and that the server is reachable',
        { cause },
      );
    }
  };
  return {
    name,

    async *list(prefix) {
      let cursor: string | null = null;
      do {
        const page: { objects: Listed[]; cursor: string | null } = readObjects(
          await answered(client.text(listRequest(prefix, cursor))),
        );
        yield* page.objects;
        cursor = page.cursor;
      } while (cursor !== null);
    },

    async get(key) {
      return answered(objects.get(key));
    },

    async put(key, content, size, contentType) {
      const type = contentType ?? 'application/octet-stream';
      if (size <= PART_BYTES) {
        const parts: Uint8Array[] = [];
        for await (const part of content) parts.push(part);
        await answered(objects.put(key, Buffer.concat(parts), type));
      } else await answered(putParts(objects, key, content, type));
    },

    async delete(keys) {
      await answered(objects.delete([...keys]));
    },
  };
}

/** The bucket of an instance that keeps its objects in an S3 server, by the variables of its Worker; null for any other. */
export function foreignBucket(variables: Readonly<Record<string, string>>): Bucket | null {
  if (variables.STORAGE_DRIVER !== 's3') return null;
  const { S3_ENDPOINT = '', S3_BUCKET = '', S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' } = variables;
  return bucketOf({
    endpoint: S3_ENDPOINT,
    bucket: S3_BUCKET,
    region: variables.S3_REGION ?? 'us-east-1',
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
  });
}

const listRequest = (prefix: string, cursor: string | null) =>
  ({
    method: 'GET',
    key: null,
    query: {
      'list-type': '2',
      'encoding-type': 'url',
      prefix,
      ...(cursor === null ? {} : { 'continuation-token': cursor }),
    },
    idempotent: true,
  }) as const;

async function putParts(
  objects: ObjectStore,
  key: string,
  content: AsyncIterable<Uint8Array>,
  contentType: string,
): Promise<void> {
  const writer = await objects.putParts(key, contentType);
  try {
    let number = 1;
    for await (const part of inChunks(content, PART_BYTES)) {
      await writer.put(number, part);
      number += 1;
    }
    await writer.complete();
  } catch (error) {
    // The first failure is the one to report; a server drops parts that are left behind by its own rules.
    await writer.abort().catch(() => undefined);
    throw error;
  }
}
