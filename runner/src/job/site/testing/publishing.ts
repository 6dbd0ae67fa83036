/** Collects and publishes real folders, with an edge of the test's own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Plan, SERVER_SITES, type SiteSettings } from '@appflux/protocol';
import { afterEach, beforeEach } from 'vitest';
import type { CollectedArtifact } from '../../../step-context.ts';
import { keptJournal } from '../../../testing/docker.ts';
import { FakeEdge } from '../../../testing/fake-edge.ts';
import { FakeSites } from '../../../testing/fake-sites.ts';
import { collectArtifacts } from '../../collect/index.ts';
import { updatePublisher } from '../../expo/index.ts';
import { surroundings, type TestSurroundings } from '../../prepare/testing/surroundings.ts';
import { outputPublisher } from '../../server/index.ts';
import type { ServerWishes } from '../../server/spec.ts';
import type { BaseOptions, SiteConnection } from '../base.ts';

export interface Collecting {
  readonly plan?: Partial<Plan>;
  readonly settings?: SiteSettings;
  readonly server?: ServerWishes;
  readonly maxBytes?: number;
}

export class Publishing {
  readonly around: TestSurroundings;
  readonly edge: FakeEdge;
  readonly sites: FakeSites;
  /** The root directory. */
  readonly root: string;
  readonly connection: SiteConnection;
  readonly #journal = keptJournal();
  #published = 0;

  constructor(around: TestSurroundings, edge: FakeEdge) {
    this.around = around;
    this.edge = edge;
    this.root = join(around.folder, 'source');
    const sites = new FakeSites(edge);
    this.sites = sites;
    this.connection = {
      get publishesSites() {
        return sites.accepts !== undefined;
      },
      get runsServers() {
        return sites.accepts?.includes(SERVER_SITES) ?? false;
      },
      askForBase: async (question) => {
        if (sites.accepts === undefined) return null;
        const base = sites.baseOf({ ...question, request: 'one' });
        return { type: 'site_base', request: 'one', base };
      },
    };
  }

  /** The build log since the last collecting. */
  get lines(): string[] {
    return this.around.lines;
  }

  /** The runner's own log. */
  get journal(): string {
    return this.#journal.lines.join('');
  }

  get options(): BaseOptions {
    const { journal } = this.#journal;
    return {
      connection: this.connection,
      attempt: 1,
      branch: 'main',
      journal,
      backoff: { baseMs: 1, capMs: 5 },
    };
  }

  async write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.root, path)), { recursive: true });
      await writeFile(join(this.root, path), text);
    }
  }

  /** Collects the output `dist` of a build; there must be one artifact. */
  async collect({
    plan = {},
    settings = {},
    server = {},
    maxBytes = 50_000_000,
  }: Collecting = {}): Promise<CollectedArtifact> {
    this.around.lines.length = 0;
    const whole: Plan = {
      type: 'web',
      framework: 'astro',
      packageManager: null,
      image: 'x',
      node: null,
      installCommand: null,
      buildCommand: 'npm run build',
      outputs: ['dist'],
      reasons: [],
      ...plan,
    };
    const artifacts = await collectArtifacts(
      {
        root: this.root,
        plan: whole,
        app: { slug: 'shop' },
        version: '1.0.0',
        commitHash: null,
        maxBytes,
        outDir: this.around.workspace.scratch,
        mask: String,
        publish: outputPublisher({ settings, framework: whole.framework, server }, this.options),
        publishUpdate: updatePublisher(this.options),
      },
      this.around.ctx,
    );
    const [artifact] = artifacts;
    if (artifact === undefined || artifacts.length > 1) throw new Error('one artifact was expected');
    return artifact;
  }

  /** Publishes a pack as the edge does. Gives the files that are published then, by path. */
  async publish(artifact: CollectedArtifact): Promise<Record<string, string>> {
    this.#published += 1;
    const id = this.#published.toString(16).padStart(24, '0');
    await this.sites.publish(await readFile(artifact.path), id);
    return Object.fromEntries(this.sites.files());
  }
}

/** For the tests of a file: gives the surroundings of the current test. */
export function usePublishing(): () => Publishing {
  let current: Publishing | undefined;
  beforeEach(async () => {
    const around = await surroundings();
    current = new Publishing(around, await FakeEdge.start());
    await mkdir(current.root);
  });
  afterEach(async () => {
    await current?.edge.close();
    await current?.around.remove();
  });
  return () => {
    if (current === undefined) throw new Error('no test is running');
    return current;
  };
}
