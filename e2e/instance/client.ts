/** The client package as tests use it: with defaults for apps and uploads, and with waiting. */
import { type Client as ApiClient, createClient, type NewApp } from '@appflux/client';
import {
  type App,
  type CreateDeployment,
  type Deployment,
  hasEnded,
  isAppFluxError,
  type LogOutline,
  type LogPage,
  type RegisteredRunner,
  type Runner,
} from '@appflux/protocol';

export class Client {
  readonly url: string;
  readonly token: string;
  /** Every call of the API. Members of a response that the protocol doesn't have fail it. */
  readonly api: ApiClient;

  constructor({ url, token }: { url: string; token: string }) {
    this.url = url;
    this.token = token;
    this.api = createClient({ url, token, unknownMembers: 'refuse' });
  }

  /** Any call. Gives the response as it is, refused or not. */
  fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.api.send(method, path, { body, headers });
  }

  /** An app that is built from uploads, unless it has another source. */
  createApp(app: Omit<NewApp, 'source'> & Partial<Pick<NewApp, 'source'>>): Promise<App> {
    return this.api.apps.create({ source: { provider: 'upload' }, ...app });
  }

  app(slug: string): Promise<App> {
    return this.api.apps.get(slug);
  }

  /** Uploads bytes straight into storage. Returns the id of the upload. */
  upload(name: string, bytes: Uint8Array): Promise<string> {
    return this.api.uploads.send({ name, blob: new Blob([Buffer.from(bytes)]) });
  }

  deploy(slug: string, body: CreateDeployment = {}, idempotencyKey?: string): Promise<Deployment> {
    return this.api.deployments.create(slug, body, { idempotencyKey });
  }

  deployment(id: string): Promise<Deployment> {
    return this.api.deployments.get(id);
  }

  cancel(id: string): Promise<Deployment> {
    return this.api.deployments.cancel(id);
  }

  logs(id: string, after = 0, limit = 10_000): Promise<LogPage> {
    return this.api.logs.page(id, { after, limit });
  }

  /** Waits until the log of a deployment is archived. Returns its outline. */
  async archived(id: string): Promise<LogOutline> {
    for (;;) {
      try {
        return await this.api.logs.outline(id);
      } catch (error) {
        if (!isAppFluxError(error, 'log_not_archived')) throw error;
      }
      await pause(100);
    }
  }

  runners(): Promise<Runner[]> {
    return this.api.runners.list();
  }

  /** Registers a runner. Returns its id and credential. */
  async registerRunner(name: string, labels: string[] = ['linux'], slots = 1): Promise<RegisteredRunner> {
    const { token } = await this.api.runners.createToken();
    return this.api.runners.register({ token, name, labels, slots, version: '0.1.0' });
  }

  /** Waits until a deployment satisfies a condition; fails with its last state after `withinMs`. */
  async until(
    id: string,
    what: (deployment: Deployment) => boolean,
    withinMs = 120_000,
  ): Promise<Deployment> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const deployment = await this.deployment(id);
      if (what(deployment)) return deployment;
      if (Date.now() > deadline)
        throw new Error(`not reached within ${withinMs} ms: ${JSON.stringify(deployment)}`);
      await pause(100);
    }
  }

  /** Waits for the end of a deployment. */
  untilEnded(id: string, withinMs?: number): Promise<Deployment> {
    return this.until(id, (deployment) => hasEnded(deployment.status), withinMs);
  }
}

/** The interval of polling for an awaited state. Milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
