import type { App, AppSource } from '@appflux/protocol';
import { branchProblem } from '#lib/source/branch.ts';
import { DepthField } from '#lib/source/depth.svelte.ts';
import { parseRepository, rootDirectoryProblem } from '#lib/source/repository.ts';

/** The form of an App's name and source. */
export class SourceForm {
  readonly #provider: AppSource['provider'];
  name = $state('');
  url = $state('');
  branch = $state('');
  rootDirectory = $state('');
  readonly depth: DepthField;

  constructor(app: App) {
    this.#provider = app.source.provider;
    this.name = app.name;
    this.rootDirectory = app.source.rootDirectory;
    this.depth = new DepthField(app.source.provider === 'upload' ? 1 : app.source.depth);
    if (app.source.provider !== 'upload') {
      this.url = app.source.repoUrl;
      this.branch = app.source.branch;
    }
  }

  get fromGit(): boolean {
    return this.#provider !== 'upload';
  }

  get problems() {
    const read = parseRepository(this.url);
    const length = this.name.trim().length;
    return {
      name: length === 0 ? 'Enter a name.' : length > 80 ? 'Use at most 80 characters.' : null,
      url: this.fromGit && !read.ok ? read.message : null,
      branch: this.fromGit ? branchProblem(this.branch.trim()) : null,
      rootDirectory: rootDirectoryProblem(this.rootDirectory.trim()),
      depth: this.fromGit ? this.depth.problem : null,
    };
  }

  get valid(): boolean {
    return Object.values(this.problems).every((problem) => problem === null);
  }

  /** The request body. */
  toChange(): { name: string; source: AppSource } {
    const name = this.name.trim();
    const rootDirectory = this.rootDirectory.trim() || './';
    const read = parseRepository(this.url);
    if (!this.fromGit || !read.ok) return { name, source: { provider: 'upload', rootDirectory } };
    const { provider, repoUrl } = read.repository;
    const { depth } = this.depth;
    return { name, source: { provider, repoUrl, branch: this.branch.trim(), rootDirectory, depth } };
  }
}
