/** One comment per pull request, whatever was lost in between: found by its marker before it is made. */

/** A comment as a host lists it. */
export interface HostComment {
  readonly id: string;
  /** The host's id of the account that wrote it. */
  readonly author: string | null;
  readonly body: string;
}

/** The comments of a pull request at a host. */
export interface HostComments {
  /** The account of the token; null if the token may not read that. */
  account(): Promise<string | null>;
  /** All comments, page by page, the oldest first. */
  pages(): AsyncIterable<readonly HostComment[]>;
  /** @returns the id of the comment that it made */
  create(): Promise<string>;
  /** @returns false if the comment is gone, or isn't this account's */
  edit(id: string): Promise<boolean>;
}

/** How many pages of comments are searched. A hundred comments are on each. */
const MOST_PAGES = 10;

/**
 * Edits the comment `known`, else the one that begins with `marker`, else makes one.
 * @returns its id
 */
export async function commentOnce(
  comments: HostComments,
  marker: string,
  known: string | null,
): Promise<string> {
  if (known !== null && (await comments.edit(known))) return known;
  // Anyone can write a comment that begins with the marker: only the account's own is edited, as far as it is known.
  const account = await comments.account();
  let pages = 0;
  for await (const page of comments.pages()) {
    for (const { id, author, body } of page) {
      const isOurs = body.startsWith(marker) && (account === null || author === account);
      if (isOurs && id !== known && (await comments.edit(id))) return id;
    }
    pages += 1;
    if (pages === MOST_PAGES) break;
  }
  return comments.create();
}
