/** What went wrong with Git, read from its messages (LC_ALL=C). */

import { listed, printable } from '@appflux/protocol';
import { own, say, type Text } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';

/**
 * The kinds of errors. After `redirected`, `commit_refused` and `sha256`, the fetch tries another way; see
 * index.ts.
 */
export type GitTrouble =
  | 'redirected'
  | 'commit_refused'
  | 'sha256'
  | 'not_found'
  | 'unauthorized'
  | 'forbidden'
  | 'host_key'
  | 'bad_key'
  | 'no_ssh'
  | 'ref_missing'
  | 'host_unknown'
  | 'certificate'
  | 'not_a_repository'
  | 'server_failed'
  | 'connection_failed'
  | 'bad_path'
  | 'disk_full'
  | 'unknown';

// In this order: a message often holds several, and the first that fits says most.
const PATTERNS: readonly (readonly [RegExp, GitTrouble])[] = [
  [/No space left on device/, 'disk_full'],
  [/mismatched algorithms|unknown object format 'sha256'/, 'sha256'],
  [
    /not our ref|unadvertised object|no such remote ref [0-9a-f]{40}|couldn't find remote ref [0-9a-f]{40}/,
    'commit_refused',
  ],
  [/couldn't find remote ref|Remote branch .* not found/, 'ref_missing'],
  [/returned error: 30\d|unable to update url base from redirection/, 'redirected'],
  [/Host key verification failed/, 'host_key'],
  [/Load key .*: (?:invalid format|error in libcrypto|incorrect passphrase)/, 'bad_key'],
  [/cannot run ssh|ssh: (?:command )?not found/, 'no_ssh'],
  [
    /Permission denied \(|returned error: 401|Authentication failed|could not read (?:Username|Password)|terminal prompts disabled/,
    'unauthorized',
  ],
  [/returned error: 403/, 'forbidden'],
  [/repository '.*' not found|Repository not found|returned error: 4(?:04|10)/i, 'not_found'],
  [/returned error: (?:429|5\d\d)|remote error: .*(?:rate limit|try again|unavailable)/i, 'server_failed'],
  [/Could not resolve (?:host(?:name)?|proxy)/i, 'host_unknown'],
  [/SSL certificate|certificate verif|gnutls_handshake|TLS|SSL_/i, 'certificate'],
  [/invalid path|unable to create (?:file|symlink)|unable to checkout working tree/i, 'bad_path'],
  [
    /not valid: is this a git repository|dumb http transport|not valid: could not determine|protocol error: bad line length|invalid server response|expected (?:flush|packfile|service)/i,
    'not_a_repository',
  ],
  [
    /Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out)|Operation (?:timed out|too slow)|Recv failure|Empty reply|early EOF|hung up|HTTP\/2 stream|curl \d+|unexpected disconnect|index-pack failed|Network is unreachable/i,
    'connection_failed',
  ],
];

/** The kind of error in Git's messages. */
export function readTrouble(stderr: string): GitTrouble {
  return PATTERNS.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'unknown';
}

/** Errors after which another try may succeed. */
export const TRANSIENT: ReadonlySet<GitTrouble> = new Set(['server_failed', 'connection_failed']);

/** The subject of the sentence. */
export interface GitSubject {
  /** The repository's address as people know it; no user, no query. */
  readonly repo: string;
  readonly branch: string;
  /** The path of the submodule that this is; null for the repository itself. */
  readonly submodule: string | null;
  /** What the server was shown; null if nothing. */
  readonly credential: 'token' | 'ssh' | null;
  /** Whether there is no app yet whose settings a hint could name. */
  readonly isNew?: boolean;
}

/** Which part of a source this is about, for a message. */
export const whereOf = ({ branch, submodule }: GitSubject): string => {
  if (submodule !== null) return `submodule ${submodule}`;
  return branch === DEFAULT_BRANCH ? 'default branch' : `branch ${branch}`;
};

/** What a server calls its default branch (gitrepository-layout(5), "HEAD"). */
export const DEFAULT_BRANCH = 'HEAD';

const PRIVATE =
  'Check the repository URL. For a private repository, add a credential in the app’s settings, under Repository access.';

const PRIVATE_AND_NEW =
  'Check the repository URL. For a private repository, enter an access token or an SSH key.';

/** Errors that another credential may solve. */
const OF_CREDENTIAL: ReadonlySet<GitTrouble> = new Set([
  'not_found',
  'unauthorized',
  'forbidden',
  'bad_key',
  'host_key',
]);

/** The cause of a JobFailure that another credential may solve. */
export class CredentialTrouble extends Error {
  override readonly name = 'CredentialTrouble';
  readonly credential: 'missing' | 'rejected';

  constructor(trouble: GitTrouble, credential: 'missing' | 'rejected') {
    super(trouble);
    this.credential = credential;
  }
}

/** The failure for an error, as a sentence with repository and branch. */
export function gitFailure(trouble: GitTrouble, subject: GitSubject, stderr: string): JobFailure {
  const { repo, branch, credential, isNew = false } = subject;
  const shown = credential === 'ssh' ? own('SSH key') : own('token');
  const where = whereOf(subject);
  const cause = OF_CREDENTIAL.has(trouble)
    ? new CredentialTrouble(trouble, credential === null ? 'missing' : 'rejected')
    : undefined;
  const unavailable = (sentence: Text, hint?: string) =>
    new JobFailure('source_unavailable', say`${sentence} (${where}).`, {
      cause,
      ...(hint !== undefined && { hint: own(hint) }),
    });
  const missing = isNew ? PRIVATE_AND_NEW : PRIVATE;
  switch (trouble) {
    case 'not_found':
      return unavailable(
        credential === null
          ? say`The server has no repository ${repo}, or it is private`
          : say`The server has no repository ${repo}, or the ${shown} can’t read it`,
        credential === null ? missing : undefined,
      );
    case 'unauthorized':
      return unavailable(
        credential === null
          ? say`${repo} requires authentication: it is private or does not exist`
          : say`The server rejected the ${shown} for ${repo}`,
        credential === null
          ? missing
          : isNew
            ? 'Enter another access token or SSH key that may read the repository.'
            : 'Replace the credential in the app’s settings, under Repository access.',
      );
    case 'host_key':
      return unavailable(
        say`The server of ${repo} has another host key than those ${isNew ? own('entered') : own('in the app’s settings')}`,
        'Find out whether the server has changed its key. If it has, enter the new one.',
      );
    case 'bad_key':
      return unavailable(
        own(isNew ? 'The SSH key can’t be read' : 'The SSH key in the app’s settings can’t be read'),
        'Enter an unencrypted private key in OpenSSH format, or let AppFlux create one.',
      );
    case 'no_ssh':
      return unavailable(
        own('SSH is not installed on this runner'),
        'Ask the owner of the runner to install the OpenSSH client.',
      );
    case 'forbidden':
      return unavailable(say`The server denies read access to ${repo}`);
    case 'ref_missing':
      return unavailable(
        say`${repo} has no branch or tag ${branch}`,
        isNew
          ? 'Check the branch name, or choose another branch.'
          : 'Check the branch name, or set another branch in the app.',
      );
    case 'host_unknown':
      return unavailable(
        say`The host of ${repo} could not be found`,
        'Check the spelling of the repository URL.',
      );
    case 'certificate':
      return unavailable(
        say`The certificate of ${repo} could not be verified`,
        'If the certificate is from a private authority, ask the owner of the runner to install that authority.',
      );
    case 'redirected':
      return unavailable(say`${repo} redirects too often, or to a URL that isn’t allowed`);
    case 'not_a_repository':
      return unavailable(
        say`${repo} is not a Git repository`,
        'Use the URL for `git clone`, not that of a web page.',
      );
    case 'server_failed':
      return unavailable(say`The server of ${repo} failed or is overloaded`, 'Try again later.');
    case 'connection_failed':
      return unavailable(say`The connection to ${repo} failed`, 'Try again later.');
    case 'bad_path':
      return new JobFailure(
        'source_invalid',
        say`${repo} contains a file that can’t be checked out: ${lastMessage(stderr)} (${where}).`,
      );
    case 'disk_full':
      return new JobFailure('disk_full', say`The runner’s disk is full: ${repo} could not be fetched.`, {
        hint: own('Ask the owner of the runner to free disk space.'),
      });
    default:
      return unavailable(say`Git could not fetch ${repo}: ${lastMessage(stderr)}`);
  }
}

/** The failure for a branch that is not there, which says what there is instead; `branches` is null if that is unknown. */
export function noBranchFailure(subject: GitSubject, branches: readonly string[] | null): JobFailure {
  if (branches === null) return gitFailure('ref_missing', subject, '');
  const { repo, branch } = subject;
  if (branches.length === 0)
    return new JobFailure(
      'source_unavailable',
      say`${repo} is empty: it has no commits (${whereOf(subject)}).`,
      {
        hint: own(
          subject.isNew === true ? 'Push a commit, then try again.' : 'Push a commit, then redeploy.',
        ),
      },
    );
  return new JobFailure(
    'source_unavailable',
    say`${repo} has no branch or tag ${branch} (${whereOf(subject)}).`,
    {
      hint: say`${own(subject.isNew === true ? 'Choose another branch.' : 'Set another branch in the app.')} The repository has ${listed(branches, MOST_BRANCHES)}.`,
    },
  );
}

/** How many branches a message names. */
const MOST_BRANCHES = 10;

/** Git's own last message, without the server's output and without paths of this host. */
function lastMessage(stderr: string): string {
  const messages = stderr
    .split(/[\r\n]+/)
    .filter((line) => /^(?:fatal|error):/.test(line))
    .map((line) => line.replace(/^(?:fatal|error): */, ''));
  // An absolute path stands after white space or a quotation mark; a URL's slashes do not.
  const text = (messages[0] ?? 'no reason given').replace(
    /(^|[\s'"(])\/[^\s'")]+/g,
    '$1(a path of the runner)',
  );
  return printable(text, 300).replace(/[.\s]+$/, '');
}
