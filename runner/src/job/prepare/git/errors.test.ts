import { describe, expect, it } from 'vitest';
import { type GitTrouble, gitFailure, readTrouble } from './errors.ts';

// Messages as Git 2.39 to 2.51 writes them with LC_ALL=C.
const MESSAGES: readonly (readonly [GitTrouble, string])[] = [
  ['host_unknown', "fatal: unable to access 'https://x.invalid/a/': Could not resolve host: x.invalid"],
  ['not_found', "fatal: repository 'https://github.com/a/b/' not found"],
  ['not_found', "remote: Repository not found.\nfatal: repository 'https://github.com/a/b.git/' not found"],
  ['unauthorized', "fatal: could not read Username for 'https://github.com': terminal prompts disabled"],
  [
    'unauthorized',
    "remote: Invalid username or token.\nfatal: Authentication failed for 'https://github.com/a/b.git/'",
  ],
  ['forbidden', "fatal: unable to access 'https://h/a/': The requested URL returned error: 403"],
  ['redirected', "fatal: unable to access 'https://h/a/': The requested URL returned error: 301"],
  ['server_failed', "fatal: unable to access 'https://h/a/': The requested URL returned error: 502"],
  ['server_failed', "fatal: unable to access 'https://h/a/': The requested URL returned error: 429"],
  ['ref_missing', "fatal: couldn't find remote ref refs/heads/nope"],
  [
    'commit_refused',
    'fatal: remote error: upload-pack: not our ref 0123456789012345678901234567890123456789',
  ],
  [
    'commit_refused',
    'error: Server does not allow request for unadvertised object 0123456789012345678901234567890123456789',
  ],
  ['certificate', "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate"],
  [
    'certificate',
    "fatal: unable to access 'https://h/': server certificate verification failed. CAfile: none CRLfile: none",
  ],
  [
    'connection_failed',
    "fatal: unable to access 'https://h/': Failed to connect to h port 443 after 2 ms: Couldn't connect to server",
  ],
  [
    'connection_failed',
    'error: RPC failed; curl 56 Recv failure: Connection reset by peer\nfatal: early EOF',
  ],
  ['connection_failed', 'fatal: the remote end hung up unexpectedly'],
  ['not_a_repository', 'fatal: https://h/info/refs not valid: is this a git repository?'],
  ['not_a_repository', 'fatal: dumb http transport does not support shallow capabilities'],
  ['sha256', 'fatal: mismatched algorithms: client sha1; server sha256'],
  ['host_key', 'Host key verification failed.\r\nfatal: Could not read from remote repository.'],
  ['bad_key', 'Load key "/x/key": invalid format\ngit@h: Permission denied (publickey).'],
  ['no_ssh', 'error: cannot run ssh: No such file or directory\nfatal: unable to fork'],
  ['unauthorized', 'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.'],
  ['not_found', 'ERROR: Repository not found.\nfatal: Could not read from remote repository.'],
  ['host_unknown', 'ssh: Could not resolve hostname h: Name or service not known'],
  ['connection_failed', 'ssh: connect to host h port 22: Connection timed out'],
  ['bad_path', "error: invalid path '.git'"],
  ['disk_full', 'fatal: write error: No space left on device\nfatal: index-pack failed'],
  ['unknown', 'fatal: something that nobody has seen before'],
];

describe('what Git says', () => {
  it.each(MESSAGES)('is read as %s: %s', (trouble, message) => {
    expect(readTrouble(message)).toBe(trouble);
  });

  it('becomes a sentence with repository and branch, without the paths of the host or the words of the server', () => {
    const failure = gitFailure(
      'unknown',
      { repo: 'https://h/a.git', branch: 'main', submodule: null, credential: null },
      "remote: call 555-1234 now\nfatal: cannot open '/var/lib/appflux/w1/source/.git/x': odd\u001b[2J\n",
    );
    expect(failure.message).toBe(
      "Git could not fetch https://h/a.git: cannot open '(a path of the runner)': odd\u{FFFD}[2J (branch main).",
    );
  });

  it.each([...new Set(MESSAGES.map(([trouble]) => trouble))])('has a sentence for %s', (trouble) => {
    const failure = gitFailure(
      trouble,
      { repo: 'https://h/a.git', branch: 'main', submodule: null, credential: 'token' },
      '',
    );
    if (!['bad_key', 'no_ssh'].includes(trouble)) expect(failure.message).toContain('https://h/a.git');
    expect(failure.message).toMatch(/\.$/);
    expect(String(failure.toReport('preparing').hint)).not.toBe('');
  });
});
