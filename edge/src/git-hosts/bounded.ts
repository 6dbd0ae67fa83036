/** Events of a bounded size, whatever a payload holds: they pass between objects and are stored in rows. */
import { AppFluxError, PullRequestRef } from '@appflux/protocol';
import type { ChangedPaths, GitEvent } from './event.ts';

/** Changes of more files count as changed without being looked at, as a comparison of GitHub's lists no more than that. */
export const MOST_PATHS = 300;

/** How much of a commit message is searched for a skip marker, in UTF-16 units. */
const MOST_MESSAGE = 65_536;

/** How large the rest of an event may be, as JSON in bytes. A row has 2 MB at most. */
const MOST_EVENT = 900_000;

/**
 * The event with its message cut, and its paths left out if they are too many. Throws AppFluxError `unprocessable` if it
 * is still too large, or has a pull request that no deployment can name.
 */
export function bounded<Event extends GitEvent>(event: Event): Event {
  const cut = cutOf(event);
  if (Buffer.byteLength(JSON.stringify(cut)) > MOST_EVENT)
    throw new AppFluxError('unprocessable', 'The event is too large', {
      hint: 'Deploy the commit from the dashboard, or by a deploy hook.',
    });
  return cut;
}

function cutOf<Event extends GitEvent>(event: Event): Event {
  if (event.kind === 'push') {
    const { head, changed } = event;
    return {
      ...event,
      head: head && { ...head, message: messageOf(head.message) },
      changed: boundedPaths(changed),
    };
  }
  if (event.kind !== 'pull_request') return event;
  const { number, title, url, fork, head } = event.pullRequest;
  if (!PullRequestRef.safeParse({ number, title, url, fork }).success)
    throw new AppFluxError('unprocessable', "The pull request's number or URL is invalid", {
      hint: 'Send the payload unchanged, as the Git host sends it.',
    });
  const message = head.message === null ? null : messageOf(head.message);
  return { ...event, pullRequest: { ...event.pullRequest, head: { ...head, message } } };
}

/** A message as a runner would report it: control characters other than line ends and tabs have no business in it. */
const messageOf = (text: string): string =>
  text
    .slice(0, MOST_MESSAGE)
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .toWellFormed();

/** The paths, or that they are unknown because there are too many. */
export function boundedPaths(changed: ChangedPaths): ChangedPaths {
  const paths = changed.known ? changed.paths : (changed.listed ?? []);
  const bytes = paths.reduce((sum, path) => sum + Buffer.byteLength(path), 0);
  return paths.length > MOST_PATHS || bytes > MOST_EVENT / 2
    ? { known: false, reason: `more than ${MOST_PATHS} files changed` }
    : changed;
}
