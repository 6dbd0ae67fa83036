/** A remote repository. Every Git command of a job goes through here. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes, printable, type SourceAccess } from '@appflux/protocol';
import { own, say } from '../../../masking/sentence.ts';
import { retry } from '../../../retry.ts';
import { JobFailure, type StepContext, type Workspace } from '../../../step-context.ts';
import type { SourceLimits } from '../limits.ts';
import { readRepoUrl, shownUrl } from './address.ts';
import { gitEnvironment } from './environment.ts';
import { type GitSubject, type GitTrouble, gitFailure, readTrouble, TRANSIENT, whereOf } from './errors.ts';
import { packBytes, watchPacks } from './fetch-watch.ts';
import type { GitSource } from './index.ts';
import { askRedirect } from './redirect.ts';
import { type GitOutcome, runGit } from './run.ts';
import { readSshUrl, sshCommand } from './ssh.ts';

const MAX_REDIRECTS = 5;

export interface RemoteOptions {
  /** Whether plain http may be fetched from. */
  readonly allowHttp: boolean;
  /**
   * The addresses that Git may connect to for a URL, all of them checked; null lets it ask the name server itself.
   * Resolved again for each redirect.
   */
  readonly addressesOf: (url: URL) => Promise<readonly string[] | null>;
  readonly limits: SourceLimits;
  /** What the job says beyond its URL and token. */
  readonly access?: SourceAccess;
  /** The path of the submodule that is fetched; not set for the repository itself. */
  readonly submodule?: string;
  /** Whether there is no app yet whose settings a hint could name. */
  readonly isNew?: boolean;
}

/** How many commits are fetched, from a branch's head backwards. */
export type Depth = number | 'full';

/** Where a history is fetched into, while the attempt needs it. */
export const FETCHED = 'refs/appflux/fetched';

/** Why a fetch failed, with Git's messages. */
export interface Trouble {
  readonly kind: GitTrouble;
  readonly stderr: string;
}

const credentialOf = ({ token }: GitSource, access?: SourceAccess): GitSubject['credential'] =>
  access?.ssh === undefined ? (token === null ? null : 'token') : 'ssh';

export class Remote {
  /** What a failure is about. */
  readonly subject: GitSubject;
  readonly #source: GitSource;
  readonly #options: RemoteOptions;
  readonly #ctx: StepContext;
  readonly #tree: string;
  readonly #home: string;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  /** The origin that the token was made for. */
  readonly #origin: string;
  #url: URL;
  #addresses: readonly string[] | null = null;
  #env: Record<string, string> = {};

  constructor(source: GitSource, workspace: Workspace, options: RemoteOptions, ctx: StepContext) {
    this.#source = source;
    this.#options = options;
    this.#ctx = ctx;
    const { ssh } = options.access ?? {};
    this.#url = ssh === undefined ? readRepoUrl(source.repoUrl, options.allowHttp) : readSshUrl(ssh.url);
    this.#origin = this.#url.origin;
    this.#tree = workspace.source;
    this.#home = join(workspace.scratch, 'git-home');
    this.subject = {
      repo: shownUrl(this.#url),
      branch: printable(source.branch, 255),
      submodule: options.submodule === undefined ? null : printable(options.submodule, 255),
      credential: credentialOf(source, options.access),
      isNew: options.isNew === true,
    };
    this.#signal = AbortSignal.any([ctx.signal, this.#stop.signal]);
    this.#timer = setTimeout(() => this.#stop.abort(this.#tooSlow()), options.limits.fetchMs);
  }

  /** Makes the folders and an empty repository. */
  async open(format: 'sha1' | 'sha256'): Promise<void> {
    await mkdir(this.#tree, { recursive: true });
    await mkdir(this.#home, { recursive: true, mode: 0o700 });
    await this.#goTo(this.#url);
    await this.#init(format);
  }

  /** Removes what only fetching needed, among it the URL; the build sees the rest. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await rm(this.#home, { recursive: true, force: true });
    await rm(join(this.#tree, '.git', 'FETCH_HEAD'), { force: true });
    await rm(join(this.#tree, '.git', FETCHED), { force: true });
  }

  /** Runs Git in the repository, within the time that the whole source may take. */
  git(
    args: readonly string[],
    options: { onOutput?: (chunk: Buffer) => boolean; signal?: AbortSignal; input?: string } = {},
  ): Promise<GitOutcome> {
    return runGit(args, { cwd: this.#tree, env: this.#env, signal: this.#signal, ...options });
  }

  /** Runs a Git command that only fails when something is wrong, and gives its output. */
  async must(args: readonly string[]): Promise<string> {
    const outcome = await this.git(args);
    if (outcome.code !== 0) throw gitFailure(readTrouble(outcome.stderr), this.subject, outcome.stderr);
    return outcome.stdout.trim();
  }

  /**
   * Fetches one ref into FETCH_HEAD: after redirects, with the repository's own kind of hash, and again if
   * the server fails.
   */
  async fetch(depth: Depth, ref: string): Promise<Trouble | null> {
    const { retryMs } = this.#options.limits;
    return retry(() => this.#fetchSettled(depth, ref), {
      isTransient: (trouble) => trouble !== null && TRANSIENT.has(trouble.kind),
      pauseAfter: (tries) => retryMs[tries - 1],
      onRetry: () => this.#ctx.log(own('The connection to the repository failed. Trying again.')),
      signal: this.#signal,
    });
  }

  /** The branches of the server, at most as many as a message can name; null when it does not say. */
  async branches(): Promise<string[] | null> {
    const listing = await this.git(['ls-remote', '--quiet', '--heads', '--', this.#url.href]);
    if (listing.code !== 0) return null;
    return [...listing.stdout.matchAll(/\trefs\/heads\/(.+)$/gm)].map(([, name = '']) => name).slice(0, 50);
  }

  /** Lists the branches of the server, and which of them is the default. */
  refs(onOutput: (chunk: Buffer) => boolean): Promise<GitOutcome> {
    const patterns = ['HEAD', 'refs/heads/*'];
    return this.git(['ls-remote', '--quiet', '--symref', '--', this.#url.href, ...patterns], { onOutput });
  }

  /** Lists the tags of the server that are annotated, with the commits that they lead to. */
  tags(onOutput: (chunk: Buffer) => boolean): Promise<GitOutcome> {
    return this.git(['ls-remote', '--quiet', '--tags', '--', this.#url.href], { onOutput });
  }

  /** One try, which follows redirects and switches to the repository's kind of hash. */
  async #fetchSettled(depth: Depth, ref: string): Promise<Trouble | null> {
    for (let redirects = 0; ; ) {
      const { code, stderr } = await this.#fetchOnce(depth, ref);
      if (code === 0) return null;
      const trouble: Trouble = { kind: readTrouble(stderr), stderr };
      if (trouble.kind === 'redirected' && redirects < MAX_REDIRECTS) {
        redirects += 1;
        if (!(await this.#followRedirect())) return trouble;
      } else if (
        trouble.kind === 'sha256' &&
        (await this.must(['rev-parse', '--show-object-format'])) !== 'sha256'
      ) {
        await this.#init('sha256');
      } else {
        return trouble;
      }
    }
  }

  /** Makes this the URL to fetch from, once its addresses are checked. */
  async #goTo(url: URL): Promise<void> {
    const { allowHttp, addressesOf, access } = this.#options;
    this.#url = url;
    this.#addresses = await addressesOf(url);
    // A token belongs to the host that it was made for, wherever that redirects to.
    const token = access?.ssh === undefined && url.origin === this.#origin ? this.#source.token : null;
    const ssh = access?.ssh && (await sshCommand(access.ssh, join(this.#home, 'ssh'), this.#addresses));
    this.#env = gitEnvironment(
      {
        tree: this.#tree,
        home: this.#home,
        url,
        addresses: this.#addresses,
        allowHttp,
        username: access?.username,
        ssh,
        host: process.env,
      },
      token,
    );
  }

  async #init(format: 'sha1' | 'sha256'): Promise<void> {
    await rm(join(this.#tree, '.git'), { recursive: true, force: true });
    // An empty template: the host's own would bring its hooks.
    await this.must([
      'init',
      '--quiet',
      '--template=',
      `--object-format=${format}`,
      '--initial-branch=appflux',
    ]);
  }

  async #followRedirect(): Promise<boolean> {
    const target = await askRedirect(this.#url, this.#addresses, this.#signal);
    if (target === null) return false;
    this.#ctx.log(say`${shownUrl(this.#url)} redirects to ${shownUrl(target)}.`);
    await this.#goTo(readRepoUrl(target.href, this.#options.allowHttp));
    return true;
  }

  async #fetchOnce(depth: Depth, ref: string): Promise<GitOutcome> {
    const { fetchBytes } = this.#options.limits;
    const tooLarge = new JobFailure(
      'source_invalid',
      say`${this.subject.repo} is larger than the limit of ${own(formatBytes(fetchBytes))}.`,
    );
    const gitDir = join(this.#tree, '.git');
    const options = [
      '--quiet',
      '--no-progress',
      '--no-recurse-submodules',
      '--force',
      // Tags follow what is fetched into a ref, if they lead to it. Of one commit, tag.ts fetches the one that is wanted.
      ...(depth === 1 ? ['--no-tags'] : []),
      ...(depth === 'full' ? await this.#unshallow() : [`--depth=${depth}`]),
    ];
    const stop = new AbortController();
    const endWatch = watchPacks(gitDir, fetchBytes, stop, tooLarge);
    try {
      const signal = AbortSignal.any([this.#signal, stop.signal]);
      const outcome = await this.git(
        ['fetch', ...options, '--', this.#url.href, depth === 1 ? ref : `+${ref}:${FETCHED}`],
        { signal },
      );
      // Between two looks of the watch, a fast server can send a lot.
      if ((await packBytes(gitDir)) > fetchBytes) throw tooLarge;
      return outcome;
    } finally {
      endWatch();
    }
  }

  /** A shallow repository only gets the rest of its history when it asks for it. */
  async #unshallow(): Promise<string[]> {
    const isShallow = await this.must(['rev-parse', '--is-shallow-repository']);
    return isShallow === 'true' ? ['--unshallow'] : [];
  }

  #tooSlow(): JobFailure {
    const seconds = Math.ceil(this.#options.limits.fetchMs / 1000);
    return new JobFailure(
      'source_unavailable',
      say`Fetching ${this.subject.repo} (${whereOf(this.subject)}) took longer than ${seconds} seconds.`,
      { hint: own('Try again later, or make the repository smaller.') },
    );
  }
}
