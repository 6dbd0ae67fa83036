/** The slug of a new app: what is wrong with one, and which to use instead. */
import { RESERVED_SLUGS, Slug, slugFromName } from '@appflux/protocol';

const MAX_LENGTH = Number(Slug.maxLength);

/** What is wrong with a slug; null if it may be free. @param used slugs that the server reported as used */
export function slugProblem(slug: string, used: ReadonlySet<string>): string | null {
  const parsed = Slug.safeParse(slug);
  if (!parsed.success) return `${parsed.error.issues[0]?.message ?? 'Invalid slug'}.`;
  if (RESERVED_SLUGS.has(slug)) return `"${slug}" is reserved. Choose a different slug.`;
  return used.has(slug) ? `"${slug}" is already used. Choose a different slug.` : null;
}

/** The closest slug without a problem that is not known to be used; null if the slug has none. */
export function suggestSlug(slug: string, used: ReadonlySet<string>): string | null {
  if (slugProblem(slug, used) === null) return null;
  const valid = slugFromName(slug);
  if (slugProblem(valid, used) === null) return valid;
  const [, stem = valid, number = '1'] = /^(.*)-(\d{1,3})$/.exec(valid) ?? [];
  for (let next = Number(number) + 1; ; next += 1) {
    const suggestion = `${stem.slice(0, MAX_LENGTH - 1 - String(next).length).replace(/-$/, '')}-${next}`;
    if (slugProblem(suggestion, used) === null) return suggestion;
  }
}
