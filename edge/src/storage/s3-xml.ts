/** The XML that the S3 API speaks. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html */
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

/**
 * Values stay strings (a key may look like a number) and keep their spaces; numeric entities are read, because
 * servers write them for quotes and apostrophes; members that may come more than once are always lists.
 */
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
  htmlEntities: true,
  isArray: (name) => name === 'Contents' || name === 'Error',
});
const builder = new XMLBuilder({ format: false });

const ErrorElement = z.object({ Code: z.string(), Message: z.string().catch('') });

const AnyAnswer = z.object({ Error: z.array(ErrorElement).min(1).optional() });

const InitiateResult = z.object({ InitiateMultipartUploadResult: z.object({ UploadId: z.string().min(1) }) });

/** An element without content is read as an empty string. */
const ListResult = z.object({
  ListBucketResult: z.object({
    Contents: z
      .array(
        z.object({
          Key: z.string(),
          Size: z.string().regex(/^\d+$/).optional(),
          ETag: z.string().optional(),
        }),
      )
      .default([]),
    EncodingType: z.string().optional(),
    IsTruncated: z.enum(['true', 'false']),
    NextContinuationToken: z.string().min(1).optional(),
  }),
});

const DeleteResult = z.object({
  DeleteResult: z.union([
    z.string().transform(() => ({ Error: [] })),
    z.object({ Error: z.array(ErrorElement.extend({ Key: z.string() })).default([]) }),
  ]),
});

/** An answer's error element. */
export interface S3Fault {
  code: string;
  message: string;
}

/** Thrown for an answer that is not what the operation's documentation says. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** The error in a body, whatever the status was: null when the body is no S3 error. */
export function readFault(body: string): S3Fault | null {
  let answer: z.infer<typeof AnyAnswer>;
  try {
    answer = AnyAnswer.parse(parse(body));
  } catch {
    // Proxies and balancers answer in HTML or not at all: then the status is all there is to go by.
    return null;
  }
  const fault = answer.Error?.[0];
  return fault === undefined ? null : { code: fault.Code, message: fault.Message };
}

/** The upload id of a CreateMultipartUpload answer. */
export const readUploadId = (body: string): string =>
  read(InitiateResult, body).InitiateMultipartUploadResult.UploadId;

/** An object in a list. Its size is null, and its entity tag empty, if the server does not tell them. */
export interface Listed {
  key: string;
  size: number | null;
  /** Without quotes. */
  etag: string;
}

/** Keys and continuation token of a ListObjectsV2 answer. */
export function readList(body: string): { keys: string[]; cursor: string | null } {
  const { objects, cursor } = readObjects(body);
  return { keys: objects.map(({ key }) => key), cursor };
}

/**
 * Objects and continuation token of a ListObjectsV2 answer. `encoding-type=url` is asked for, as XML cannot hold every
 * character; a server that does not know it says so by not repeating it, and gives the keys as they are.
 */
export function readObjects(body: string): { objects: Listed[]; cursor: string | null } {
  const list = read(ListResult, body).ListBucketResult;
  const decode =
    list.EncodingType === 'url'
      ? (key: string) => decodeURIComponent(key.replaceAll('+', ' '))
      : (key: string) => key;
  return {
    objects: list.Contents.map(({ Key, Size, ETag = '' }) => ({
      key: decode(Key),
      size: Size === undefined ? null : Number(Size),
      etag: ETag.replace(/^"|"$/g, ''),
    })),
    cursor: list.IsTruncated === 'true' ? (list.NextContinuationToken ?? null) : null,
  };
}

/** What a DeleteObjects answer says could not be deleted. */
export const readUndeleted = (body: string): (S3Fault & { key: string })[] =>
  read(DeleteResult, body).DeleteResult.Error.map(({ Key, Code, Message }) => ({
    key: Key,
    code: Code,
    message: Message,
  }));

/** The body of DeleteObjects; the answer names only what failed. */
export const deleteBody = (keys: readonly string[]): string =>
  builder.build({ Delete: { Quiet: true, Object: keys.map((Key) => ({ Key })) } });

/** The body of CompleteMultipartUpload, parts in the order of their numbers. */
export const completeBody = (parts: readonly { partNumber: number; etag: string }[]): string =>
  builder.build({
    CompleteMultipartUpload: {
      Part: parts
        .toSorted((a, b) => a.partNumber - b.partNumber)
        .map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag })),
    },
  });

function read<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> {
  try {
    return schema.parse(parse(body));
  } catch (error) {
    throw new UnreadableAnswer('The storage answered something that is not S3', { cause: error });
  }
}

/** Servers that keep a slow connection alive send spaces before the declaration. */
const parse = (body: string): unknown => parser.parse(body.trimStart());
