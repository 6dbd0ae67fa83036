/** Small projects that people have had trouble with, each built by a real runner: what it makes of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { BuildSettings, sensitivityOf } from '@appflux/protocol';
import { execa } from 'execa';
import { expect, vi } from 'vitest';
import { ZipFile } from 'yazl';
import { type GitServer, startGitServer } from '../job/prepare/testing/git-server.ts';
import { CliBench } from './cli.ts';
import type { FakeAttempt } from './fake-attempt.ts';
import { FakeSites } from './fake-sites.ts';
import { sampleGrant, sampleJob } from './sample-job.ts';

/** An entry of a ZIP: its text, or where it links to. */
export type ZipEntry = string | Buffer | { readonly link: string };

export interface Situation {
  /** What is uploaded, by path; or what makes a bare repository `$OUT`. */
  readonly zip?: Readonly<Record<string, ZipEntry>>;
  readonly git?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly build?: Partial<BuildSettings>;
  readonly rootDirectory?: string;
  /** How it ends, unless it ends well: the pattern that the failure and its hint match together. */
  readonly fails?: RegExp;
  /** What the log says, and what it does not. */
  readonly log?: readonly (string | RegExp)[];
  readonly silent?: readonly (string | RegExp)[];
  /** What the published site's files hold. */
  readonly site?: Readonly<Record<string, string | RegExp>>;
}

/** A package.json with a build script that writes index.html, with more in it. */
export const project = (build: string, more: object = {}): string =>
  JSON.stringify({ name: 'x', version: '1.0.0', private: true, scripts: { build }, ...more });

/** The command that writes what another one prints into the site's page. */
export const page = (command: string): string => `mkdir -p dist && ${command} > dist/index.html`;

/** How long a build may take on a machine that does other things as well, in milliseconds. */
const PATIENCE_MS = 200_000;

/** A runner that builds one situation after the other. */
export class SituationBench {
  readonly #bench: CliBench;
  readonly #sites: FakeSites;
  readonly #folder: string;
  readonly #git: GitServer;
  #count = 0;

  private constructor(bench: CliBench, sites: FakeSites, folder: string, git: GitServer) {
    this.#bench = bench;
    this.#sites = sites;
    this.#folder = folder;
    this.#git = git;
  }

  static async open(): Promise<SituationBench> {
    const bench = await CliBench.open();
    const sites = new FakeSites(bench.edge);
    bench.edge.sites = sites;
    const folder = await mkdtemp(join(tmpdir(), 'appflux-situations-'));
    const git = await startGitServer(folder);
    await bench.start('--allow-private-sources');
    return new SituationBench(bench, sites, folder, git);
  }

  async close(): Promise<void> {
    await this.#bench.close();
    await this.#git.close();
    await rm(this.#folder, { recursive: true });
  }

  /** Builds a situation to its end. */
  async run(situation: Situation): Promise<FakeAttempt> {
    // Each is an app of its own, which has published nothing yet.
    this.#sites.base = null;
    this.#sites.manifest = null;
    // As the edge decides where nobody has chosen.
    this.#bench.edge.sensitive = Object.entries(situation.variables ?? {})
      .filter(([name, value]) => sensitivityOf(name, value).sensitive)
      .map(([name]) => name);
    const attempt = this.#bench.edge.grant(await this.#grant(situation));
    const pool = this.#bench.edge.poolFrames;
    const freed = () => pool.filter(({ type }) => type === 'freed').length;
    const before = freed();
    const isOver = () => attempt.result !== undefined && freed() > before;
    await vi.waitFor(() => expect(isOver(), attempt.log).toBe(true), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
    return attempt;
  }

  /** The files of the site that an attempt has published, by path. */
  async site({ result, grant }: FakeAttempt): Promise<ReadonlyMap<string, string>> {
    const [name = ''] = result?.status === 'success' ? result.artifacts : [];
    await this.#sites.publish(this.#bench.edge.storedBytes(name), grant.deploymentId);
    return this.#sites.files();
  }

  /** Builds a situation, and checks that it ends as it says. */
  async check(situation: Situation): Promise<void> {
    const { fails, log = [], silent = [], site = {} } = situation;
    const attempt = await this.run(situation);
    const { result } = attempt;
    if (fails === undefined) expect(result, attempt.log).toMatchObject({ status: 'success' });
    else {
      expect(result, attempt.log).toMatchObject({ status: 'failed' });
      const { message, hint } = result?.status === 'failed' ? result.failure : { message: '', hint: '' };
      expect(`${message} ${hint ?? ''}`, attempt.log).toMatch(fails);
      expect(message).not.toMatch(/:$/);
    }
    for (const text of log) expect(attempt.log).toMatch(text);
    for (const text of silent) expect(attempt.log).not.toMatch(text);
    if (Object.keys(site).length === 0) return;
    const files = await this.site(attempt);
    for (const [path, text] of Object.entries(site)) expect(files.get(path), path).toMatch(text);
  }

  async #grant(situation: Situation) {
    this.#count += 1;
    const id = this.#count.toString(16).padStart(4, '0');
    const deploymentId = `66f2a1c04b7e9d000000${id}`;
    const source =
      situation.git === undefined ? await this.#upload(id, situation) : await this.#repository(id, situation);
    const app = { id: `66f2a1c04b7e9d000001${id}`, slug: `s${id}`, name: 'A situation' };
    const build = BuildSettings.parse(situation.build ?? {});
    const job = { ...sampleJob(), deploymentId, app, build, source, variables: { ...situation.variables } };
    return sampleGrant({ deploymentId }, job);
  }

  async #upload(id: string, { zip = {}, rootDirectory = './' }: Situation) {
    const name = `${id}.zip`;
    const bytes = await zipOf(zip);
    this.#bench.edge.sources.set(name, bytes);
    const url = this.#bench.edge.sourceUrl(name);
    return { kind: 'upload' as const, url, name, size: bytes.length, sha256: null, rootDirectory };
  }

  async #repository(id: string, { git = '', rootDirectory = './' }: Situation) {
    const bare = join(this.#folder, `${id}.git`);
    const cwd = await mkdtemp(join(this.#folder, 'work-'));
    const author = { NAME: 'A', EMAIL: 'a@example.com' };
    const who = Object.entries(author).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]);
    const env = { ...Object.fromEntries(who), OUT: bare, GIT_CONFIG_GLOBAL: '/dev/null' };
    await execa('bash', ['-ec', git], { cwd, env });
    const repoUrl = `${this.#git.url}/${id}.git`;
    return { kind: 'git' as const, repoUrl, branch: 'main', commit: null, token: null, rootDirectory };
  }
}

async function zipOf(entries: Readonly<Record<string, ZipEntry>>): Promise<Buffer> {
  const file = new ZipFile();
  for (const [path, entry] of Object.entries(entries)) {
    const isLink = typeof entry === 'object' && 'link' in entry;
    file.addBuffer(Buffer.from(isLink ? entry.link : entry), path, isLink ? { mode: 0o120777 } : {});
  }
  file.end();
  return buffer(file.outputStream);
}
