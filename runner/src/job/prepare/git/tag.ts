/** The annotated tag of a commit, whose message is what a person wrote about that version. */

import { own } from '../../../masking/sentence.ts';
import type { StepContext } from '../../../step-context.ts';
import type { Remote } from './remote.ts';

/** A server's list of tags is read as far as this; one that is longer says nothing of the rest. */
const MOST_LIST_BYTES = 8 * 1024 * 1024;
/** A message is as long as release notes may be, and a signature follows it. */
const MESSAGE_BYTES = 60_000;

/**
 * The message of the annotated tag that points at a commit, of the one that was built if it is one, else of the newest;
 * null if there is none. Notes are not worth a build: a server that does not say its tags has none.
 */
export async function tagMessage(
  remote: Remote,
  { id, branch }: { readonly id: string; readonly branch: string },
  ctx: Pick<StepContext, 'log'>,
): Promise<string | null> {
  const list: Buffer[] = [];
  let bytes = 0;
  const listing = await remote.tags((chunk) => {
    list.push(chunk);
    bytes += chunk.length;
    return bytes <= MOST_LIST_BYTES;
  });
  if (listing.code !== 0 && bytes <= MOST_LIST_BYTES) {
    ctx.log(own('The tags of the repository can’t be listed, so none gives release notes.'));
    return null;
  }
  const names = annotatedTags(Buffer.concat(list).toString('utf8'), id);
  const name = names.includes(branch) ? branch : names.at(-1);
  if (name === undefined) return null;
  if ((await remote.fetch(1, `refs/tags/${name}`)) !== null) return null;
  const tag = await remote.git(['cat-file', 'tag', 'FETCH_HEAD']);
  return tag.code === 0 ? messageOf(tag.stdout) : null;
}

/** Names of the annotated tags of a commit in the output of `git ls-remote`, in the order of their versions. */
export function annotatedTags(listing: string, commit: string): string[] {
  const names: string[] = [];
  for (const line of listing.split('\n')) {
    // A line that ends so says which commit the tag of that name leads to.
    const [, id, name] = /^([0-9a-f]{40,64})\trefs\/tags\/(.+)\^\{\}$/.exec(line) ?? [];
    if (id === commit && name !== undefined) names.push(name);
  }
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The message of a tag object: what follows its header, without the signature. */
export function messageOf(object: string): string | null {
  const body = object.slice(object.indexOf('\n\n') + 2);
  const message = body
    .replace(/^-----BEGIN (?:PGP|SSH) SIGNATURE-----\n[\s\S]*/m, '')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .slice(0, MESSAGE_BYTES)
    .trim();
  return message === '' ? null : message;
}
