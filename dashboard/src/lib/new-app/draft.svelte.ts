import type { NewApp } from '@appflux/client';
import type { Candidate } from '@appflux/detection';
import { type AppSource, RESERVED_SLUGS, Slug, slugFromName } from '@appflux/protocol';
import { BuildForm } from '#lib/app/build-form.svelte.ts';
import { plainFolder } from '#lib/detection/candidate.ts';
import { branchProblem, readRepository, rootDirectoryProblem } from '#lib/source/repository.ts';
import { fileProblem } from '#lib/upload/file-problem.ts';
import { VariableRows } from '#lib/variables/variable-rows.svelte.ts';
import { DetectedZip } from './detected-zip.svelte.ts';

const MAX_SLUG_LENGTH = Number(Slug.maxLength);

export type SourceKind = 'github' | 'git' | 'upload';

/** What outlives a reload: all but the file, which a page cannot keep, and values of variables, which it must not. */
export interface DraftMemo {
  kind: SourceKind;
  address: string;
  name: string;
  slug: string;
  branch: string;
  rootDirectory: string;
}

/** An app on the way to its first deployment. */
export class Draft {
  kind = $state<SourceKind>('github');
  address = $state('');
  file = $state.raw<File | null>(null);
  name = $state('');
  /** As written; blank leaves it to the name. */
  slug = $state('');
  branch = $state('main');
  rootDirectory = $state('./');
  readonly build = new BuildForm();
  readonly variables = new VariableRows();
  /** What the file could be built as. */
  readonly detected = new DetectedZip();
  /** Slugs that the server has said are taken. */
  taken = $state.raw<ReadonlySet<string>>(new Set());

  get repository() {
    return readRepository(this.address);
  }

  /** What is wrong with the source; null when nothing is. */
  get sourceProblem(): string | null {
    if (this.kind === 'upload') return this.file === null ? 'Choose a ZIP archive.' : fileProblem(this.file);
    const read = this.repository;
    if (!read.ok) return read.message;
    if (this.kind === 'github' && read.repository.provider !== 'github') {
      return 'Not a github.com repository. For other hosts, choose Git repository.';
    }
    return null;
  }

  /** Takes over from the source what it says of the app, where nothing else was written. */
  adoptSource(): void {
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

  /** Whether nothing has been written yet. */
  get blank(): boolean {
    return this.address === '' && this.name === '' && this.file === null;
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
    return this.taken.has(slug) ? `"${slug}" is already used. Choose a different slug.` : null;
  }

  /** Another slug instead of one that is taken, as far as is known a free one; null when none is needed. */
  get proposedSlug(): string | null {
    const slug = this.effectiveSlug;
    if (!this.taken.has(slug)) return null;
    const [, stem = slug, number = '1'] = /^(.*)-(\d{1,3})$/.exec(slug) ?? [];
    for (let next = Number(number) + 1; ; next += 1) {
      const proposed = `${stem.slice(0, MAX_SLUG_LENGTH - 1 - String(next).length).replace(/-$/, '')}-${next}`;
      if (!this.taken.has(proposed) && !RESERVED_SLUGS.has(proposed)) return proposed;
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

  /** Whether this way of several is the one that is set. */
  isChosen(way: Candidate): boolean {
    const { type, framework } = way.set;
    return (
      plainFolder(this.rootDirectory) === this.detected.folderOf(way) &&
      this.build.appType === type &&
      this.build.framework.trim() === (framework ?? '')
    );
  }

  /** Sets what chooses one way of several. */
  choose(way: Candidate): void {
    const { type, framework } = way.set;
    this.rootDirectory = this.detected.folderOf(way) || './';
    this.build.type = type ?? 'detect';
    this.build.framework = framework ?? '';
  }

  /** That one of several projects has to be chosen; null when one is, or when how to build is said by hand. */
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

  /** Whether the app can be created, as far as this page can tell. */
  get configured(): boolean {
    return (
      [this.nameProblem, this.slugProblem, this.branchProblem, this.rootProblem, this.choiceProblem].every(
        (problem) => problem === null,
      ) &&
      this.build.valid &&
      this.variables.valid
    );
  }

  markTaken(slug: string): void {
    this.taken = new Set([...this.taken, slug]);
  }

  /** The app as the API takes it. */
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
    return { provider, repoUrl, branch: this.branch.trim(), rootDirectory };
  }

  toMemo(): DraftMemo {
    const { kind, address, name, slug, branch, rootDirectory } = this;
    return { kind, address, name, slug, branch, rootDirectory };
  }

  restore(memo: DraftMemo): void {
    Object.assign(this, memo);
  }
}

/** A file's or repository's name as a title: `my-shop_app` becomes `My shop app`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[-_.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
