/** What the payloads of all Git hosts have in common: commit ids, refs and URLs. */
import { AppFluxError, issuesOf, repoKeyOf } from '@appflux/protocol';
import { z } from 'zod';
import type { PushEvent, Sha } from './event.ts';

/** A commit id as payloads have it: 40 or 64 hexadecimal digits; zeros stand for no commit. */
export const ShaOrZeros = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** The commit; null for zeros. */
export const shaOrNull = (sha: string): Sha | null => (/^0+$/.test(sha) ? null : sha);

/** The branch or tag of a full ref such as `refs/heads/main`; null for any other ref. */
export function refOf(ref: string): PushEvent['ref'] | null {
  const [, folder, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? [];
  return name === undefined ? null : { kind: folder === 'heads' ? 'branch' : 'tag', name };
}

/** The repository keys of URLs, without duplicates; what is no URL of a repository is left out. */
export const keysOf = (urls: readonly (string | null | undefined)[]): string[] => [
  ...new Set(urls.flatMap((url) => (url == null ? [] : (repoKeyOf(url) ?? [])))),
];

const MAX_TITLE = 300;

/** The title of a pull request, cut to what a record has room for. */
export const title = (text: string): string =>
  text.length > MAX_TITLE ? `${text.slice(0, MAX_TITLE - 1)}…`.toWellFormed() : text.toWellFormed();

/** `body` as `schema` reads it. Throws AppFluxError `unprocessable` that names what is missing. */
export function orUnprocessable<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  event: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AppFluxError('unprocessable', `This isn't the payload of a ${event} event`, {
    hint: 'Send the payload unchanged, as the Git host sends it.',
    issues: issuesOf(parsed.error).slice(0, 20),
  });
}
