import type { NewApp } from '@appflux/client';
import type { Candidate } from '@appflux/detection';
import { type AppSource, type GithubRepository, RESERVED_SLUGS, Slug, slugFromName } from '@appflux/protocol';
import { BuildForm } from '#lib/app/build-form.svelte.ts';
import { plainFolder } from '#lib/detection/candidate.ts';
import { CredentialForm } from '#lib/source/credential-form.svelte.ts';
import { DepthField } from '#lib/source/depth.svelte.ts';
import { branchProblem, parseRepository, rootDirectoryProblem } from '#lib/source/repository.ts';
import { fileProblem } from '#lib/upload/file-problem.ts';
import { VariableRows } from '#lib/variables/variable-rows.svelte.ts';
import { DetectedZip } from './detected-zip.svelte.ts';

const MAX_SLUG_LENGTH = Number(Slug.maxLength);

export type SourceKind = 'github' | 'git' | 'upload';

/** What survives a reload. Not the file, which a page can't store, and not variables, whose values must not be stored. */
export interface DraftSnapshot {
  kind: SourceKind;
  url: string;
  name: string;
  slug: string;
  branch: string;
  rootDirectory: string;
}

/** The form of a new app. */
export class Draft {
  kind = $state<SourceKind>('github');
  url = $state('');
  file = $state.raw<File | null>(null);
  #picked = $state.raw<GithubRepository | null>(null);
  name = $state('');
  /** As typed; empty derives it from the name. */
  slug = $state('');
  branch = $state('main');
  rootDirectory = $state('./');
  readonly depth = new DepthField();
  /** Of a private repository. */
  readonly credential = new CredentialForm();
  readonly build = new BuildForm();
  readonly variables = new VariableRows();
  /** The candidates in the file. */
  readonly detected = new DetectedZip();
  /** Slugs that are used, as the server reported. */
  usedSlugs = $state.raw<ReadonlySet<string>>(new Set());

  /** The repository that was chosen from those of the GitHub App; null for any other URL. */
  get picked(): GithubRepository | null {
    return this.kind === 'github' && this.#picked?.url === this.url ? this.#picked : null;
  }

  /** Chooses a repository of the GitHub App. A name that came from another one goes with it. */
  pick(repository: GithubRepository): void {
    if (this.#picked && this.name === titleOf(nameOf(this.#picked))) this.name = '';
    this.#picked = repository;
    this.url = repository.url;
    this.branch = repository.defaultBranch;
    this.rootDirectory = './';
  }

  /** Whether the repository is cloned with a credential of the app. */
  get usesCredential(): boolean {
    return this.kind !== 'upload' && this.picked === null && this.credential.choice !== 'none';
  }

  get repository() {
    return parseRepository(this.url);
  }

  /** What is wrong with the source; null if it is valid. */
  get sourceProblem(): string | null {
    if (this.kind === 'upload') return this.file === null ? 'Choose a ZIP archive.' : fileProblem(this.file);
    const read = this.repository;
    if (!read.ok) return read.message;
    if (this.kind === 'github' && read.repository.provider !== 'github') {
      return 'Not a github.com repository. For other hosts, choose Git repository.';
    }
    return null;
  }

  /** Fills in name, branch, and root directory from the source, without overwriting a typed name. */
  fillFromSource(): void {
    if (this.kind === 'upload') {
      if (this.name === '' && this.file) this.name = titleOf(this.file.name.replace(/\.zip$/i, ''));
      return;
    }
    const read = this.repository;
    if (!read.ok) return;
    if (this.name === '') this.name = titleOf(read.repository.name);
    if (read.repository.branch !== null) this.branch = read.repository.branch;
    if (read.repository.rootDirectory !== null) this.rootDirectory = read.repository.rootDirectory;
  }

  /** Whether the form is empty. */
  get blank(): boolean {
    return this.url === '' && this.name === '' && this.file === null;
  }

  /** The slug that the app will have. */
  get effectiveSlug(): string {
    return this.slug.trim() || slugFromName(this.name);
  }

  get nameProblem(): string | null {
    const name = this.name.trim();
    if (name === '') return 'Enter a name.';
    return name.length > 80 ? 'Use at most 80 characters.' : null;
  }

  get slugProblem(): string | null {
    const slug = this.effectiveSlug;
    const parsed = Slug.safeParse(slug);
    if (!parsed.success) return `${parsed.error.issues[0]?.message ?? 'Invalid slug'}.`;
    if (RESERVED_SLUGS.has(slug)) return `"${slug}" is reserved. Choose a different slug.`;
    return this.usedSlugs.has(slug) ? `"${slug}" is already used. Choose a different slug.` : null;
  }

  /** A suggestion for a used slug that is not known to be used; null if none is needed. */
  get suggestedSlug(): string | null {
    const slug = this.effectiveSlug;
    if (!this.usedSlugs.has(slug)) return null;
    const [, stem = slug, number = '1'] = /^(.*)-(\d{1,3})$/.exec(slug) ?? [];
    for (let next = Number(number) + 1; ; next += 1) {
      const suggestion = `${stem.slice(0, MAX_SLUG_LENGTH - 1 - String(next).length).replace(/-$/, '')}-${next}`;
      if (!this.usedSlugs.has(suggestion) && !RESERVED_SLUGS.has(suggestion)) return suggestion;
    }
  }

  get branchProblem(): string | null {
    return this.kind === 'upload' ? null : branchProblem(this.branch.trim());
  }

  get rootProblem(): string | null {
    return rootDirectoryProblem(this.rootDirectory.trim());
  }

  /** What detection found for the settings chosen so far; null while that is unknown, as for a Git repository. */
  get detectedPlan(): Candidate['plan'] | null {
    if (this.kind !== 'upload') return null;
    return this.detected.found?.ways.find((way) => this.isChosen(way))?.plan ?? null;
  }

  /** Whether the settings select this candidate. */
  isChosen(way: Candidate): boolean {
    const { type, framework } = way.set;
    return (
      plainFolder(this.rootDirectory) === this.detected.folderOf(way) &&
      this.build.appType === type &&
      this.build.framework.trim() === (framework ?? '')
    );
  }

  /** Applies the settings that select a candidate. */
  choose(way: Candidate): void {
    const { type, framework } = way.set;
    this.rootDirectory = this.detected.folderOf(way) || './';
    this.build.type = type ?? 'detect';
    this.build.framework = framework ?? '';
  }

  /** Requires choosing one of several projects; null if one is chosen, or the build settings are set manually. */
  get choiceProblem(): string | null {
    const { found } = this.detected;
    const open =
      this.kind === 'upload' &&
      found?.problem?.isAmbiguous === true &&
      found.ways.length > 0 &&
      plainFolder(this.rootDirectory) === this.detected.from &&
      this.build.blank;
    return open ? 'Choose the project to build.' : null;
  }

  /** Whether all fields are valid. */
  get configured(): boolean {
    return (
      [this.nameProblem, this.slugProblem, this.branchProblem, this.rootProblem, this.choiceProblem].every(
        (problem) => problem === null,
      ) &&
      (this.kind === 'upload' || this.depth.problem === null) &&
      (!this.usesCredential || this.credential.valid) &&
      this.build.valid &&
      this.variables.valid
    );
  }

  markUsed(slug: string): void {
    this.usedSlugs = new Set([...this.usedSlugs, slug]);
  }

  /** The request body that creates the app. */
  toNewApp(): NewApp {
    const type = this.build.appType;
    return {
      name: this.name.trim(),
      slug: this.effectiveSlug,
      ...(type && { type }),
      source: this.#source(),
      ...(this.build.blank ? {} : { build: this.build.toSettings() }),
      envVars: this.variables.toRecord(),
    };
  }

  #source(): AppSource {
    const rootDirectory = this.rootDirectory.trim() || './';
    const read = this.repository;
    if (this.kind === 'upload' || !read.ok) return { provider: 'upload', rootDirectory };
    const { provider, repoUrl } = read.repository;
    const { depth } = this.depth;
    return { provider, repoUrl, branch: this.branch.trim(), rootDirectory, depth };
  }

  toSnapshot(): DraftSnapshot {
    const { kind, url, name, slug, branch, rootDirectory } = this;
    return { kind, url, name, slug, branch, rootDirectory };
  }

  restore(snapshot: DraftSnapshot): void {
    Object.assign(this, snapshot);
  }
}

const nameOf = ({ fullName }: GithubRepository): string => fullName.split('/').at(-1) ?? fullName;

/** A file's or repository's name as a title: `my-shop_app` becomes `My shop app`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[-_.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
