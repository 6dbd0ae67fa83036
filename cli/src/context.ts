/** What every command works with. */
import type { Client } from '@appflux/client';
import { createApi } from './api.ts';
import { type ChosenInstance, chooseInstance } from './config/choose-instance.ts';
import { type Config, configPath, readConfig } from './config/config.ts';
import { findProject, type LinkedProject } from './config/project.ts';
import { EXIT, type Exit } from './exit.ts';
import { Output, type Stream } from './output/output.ts';

/** The part of `process` that commands use. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Stream;
  readonly stderr: Stream;
  cwd(): string;
}

/** An instance, the token for it, and a client that uses both. */
export interface Session extends ChosenInstance {
  readonly client: Client;
}

export class Context {
  readonly host: Host;
  readonly output: Output;
  /** What the program ends with, unless an error decides otherwise. */
  exit: Exit = EXIT.success;
  /** The instance that was called, for error messages. */
  url: string | null = null;

  constructor(host: Host) {
    this.host = host;
    this.output = new Output(host);
  }

  get env(): Host['env'] {
    return this.host.env;
  }

  get configPath(): string {
    return configPath(this.env);
  }

  config(): Promise<Config> {
    return readConfig(this.configPath);
  }

  /** The link of a folder to its app, or of one above it; null if there is none. */
  project(folder = this.host.cwd()): Promise<LinkedProject | null> {
    return findProject(folder);
  }

  /**
   * The instance for a folder, signed in.
   * @throws CliProblem `denied` if not signed in
   */
  async session(folder = this.host.cwd()): Promise<Session> {
    const project = await this.project(folder);
    const chosen = chooseInstance({
      env: this.env,
      config: await this.config(),
      linked: project?.url ?? null,
    });
    this.url = chosen.url;
    return { ...chosen, client: createApi(chosen.url, chosen.token) };
  }
}
