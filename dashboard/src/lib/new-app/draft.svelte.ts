import type { NewApp } from '@appflux/client';
import type { Candidate } from '@appflux/detection';
import { type AppSource, type GithubRepository, slugFromName } from '@appflux/protocol';
import { BuildForm } from '#lib/app/build-form.svelte.ts';
import { frameworkName } from '#lib/app/framework-icons.ts';
import { plainFolder } from '#lib/detection/candidate.ts';
import type { LookProgress, Looks } from '#lib/detection/look-repository.ts';
import { branchProblem } from '#lib/source/branch.ts';
import { CredentialForm } from '#lib/source/credential-form.svelte.ts';
import { DepthField } from '#lib/source/depth.svelte.ts';
import { parseRepository, rootDirectoryProblem } from '#lib/source/repository.ts';
import { SourceArchive } from '#lib/upload/source-archive.svelte.ts';
import { VariableRows } from '#lib/variables/variable-rows.svelte.ts';
import type { Detected } from './detected.svelte.ts';
import { slugProblem, suggestSlug } from './slug.ts';
import {
  detectedRepository,
  detectedZip,
  type FoundInRepository,
  type FoundInZip,
  type ReadZip,
  type RepositoryToLookAt,
} from './sources.ts';

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

interface DraftOptions {
  archive?: SourceArchive;
  readZip?: ReadZip;
}

/** The form of a new app. */
export class Draft {
  kind = $state<SourceKind>('github');
  url = $state('');
  /** The ZIP, or the folder that it is packed from. */
  readonly archive: SourceArchive;
  #picked = $state.raw<GithubRepository | null>(null);
  name = $state('');
  /** As typed; empty derives it from the name. */
  slug = $state('');
  /** As typed; empty uses the repository’s default branch. */
  branch = $state('');
  rootDirectory = $state('./');
  readonly depth = new DepthField();
  /** Of a private repository. */
  readonly credential = new CredentialForm();
  readonly build = new BuildForm();
  readonly variables = new VariableRows();
  /** What is found in the ZIP. */
  readonly inZip: Detected<Blob, FoundInZip>;
  /** What a runner finds in the repository. */
  readonly inRepository: Detected<RepositoryToLookAt, FoundInRepository>;
  /** How far the look at the repository is. */
  lookProgress = $state<LookProgress>('waiting');
  /** Slugs that are used, as the server reported. */
  usedSlugs = $state.raw<ReadonlySet<string>>(new Set());

  #fromUrl: { branch: string | null; rootDirectory: string | null } = { branch: null, rootDirectory: null };

  constructor(looks: Looks, { archive = new SourceArchive(), readZip }: DraftOptions = {}) {
    this.archive = archive;
    this.inZip = detectedZip(readZip);
    this.inRepository = detectedRepository(looks, (progress) => {
      this.lookProgress = progress;
    });
  }

  /** The ZIP; null until one is chosen or packed. */
  get file(): File | null {
    return this.archive.file;
  }

  set file(file: File | null) {
    this.archive.file = file;
  }

  /** What detection finds in the chosen source. */
  get detected(): Detected<Blob, FoundInZip> | Detected<RepositoryToLookAt, FoundInRepository> {
    return this.kind === 'upload' ? this.inZip : this.inRepository;
  }

  /** Runs detection on the chosen source, unless that was done already. */
  async detect(): Promise<void> {
    if (this.rootProblem !== null) return;
    if (this.kind === 'upload') {
      if (this.file !== null) await this.inZip.detect(this.file, this.rootDirectory);
      return;
    }
    const read = this.repository;
    if (!read.ok || this.branchProblem !== null || (this.usesCredential && !this.credential.valid)) return;
    const { provider, repoUrl } = read.repository;
    const branch = this.branch.trim();
    // A key pair that is generated with the app can't be used before.
    const credential = this.usesCredential ? (this.credential.toCredential() ?? undefined) : undefined;
    await this.inRepository.detect(
      { source: { provider, repoUrl, ...(branch && { branch }) }, credential },
      this.rootDirectory,
    );
  }

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
    if (this.kind === 'upload') return this.archive.problem;
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
    const { branch, rootDirectory } = read.repository;
    // What came from the URL of another repository goes with it.
    const { branch: oldBranch, rootDirectory: oldFolder } = this.#fromUrl;
    if (branch !== null || this.branch === oldBranch) this.branch = branch ?? '';
    if (rootDirectory !== null || this.rootDirectory === oldFolder)
      this.rootDirectory = rootDirectory ?? './';
    this.#fromUrl = { branch, rootDirectory };
  }

  /** Whether the form is empty. */
  get blank(): boolean {
    return this.url === '' && this.name === '' && this.file === null && this.archive.packing === null;
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
    return slugProblem(this.effectiveSlug, this.usedSlugs);
  }

  /** What to use instead of a slug that can't be used; null if none is needed. */
  get suggestedSlug(): string | null {
    return suggestSlug(this.effectiveSlug, this.usedSlugs);
  }

  /** The branch that the app will have: `main` if nothing else is known. */
  get effectiveBranch(): string {
    const found = this.inRepository.result;
    return this.branch.trim() || found?.branch || found?.defaultBranch || 'main';
  }

  get branchProblem(): string | null {
    return this.kind === 'upload' ? null : branchProblem(this.effectiveBranch);
  }

  get rootProblem(): string | null {
    return rootDirectoryProblem(this.rootDirectory.trim());
  }

  /** The candidate that the settings select; null if there is none. */
  get chosen(): Candidate | null {
    return this.detected.found?.ways.find((way) => this.isChosen(way)) ?? null;
  }

  /** What detection found for the settings chosen so far; null while that is unknown. */
  get detectedPlan(): Candidate['plan'] | null {
    const way = this.chosen ?? this.detected.found?.ways.find((other) => this.#agrees(other));
    return way?.plan ?? null;
  }

  /** Whether detection would find this candidate with the settings made so far. */
  #agrees(way: Candidate): boolean {
    const { type, framework } = way.plan;
    const set = this.build.framework.trim();
    return (
      plainFolder(this.rootDirectory) === this.detected.folderOf(way) &&
      (this.build.appType ?? type) === type &&
      (set === '' || (framework !== null && frameworkName(set) === frameworkName(framework)))
    );
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
    return { provider, repoUrl, branch: this.effectiveBranch, rootDirectory, depth };
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
