/** The HTTP API as a script uses it: answers are parsed with the protocol's schemas. */
import {
  App,
  CompletedUpload,
  Deployment,
  ErrorBody,
  hasEnded,
  LogOutline,
  LogPage,
  RegisteredRunner,
  RegistrationToken,
  Runner,
  UploadGrant,
} from '@appflux/protocol';
import { z } from 'zod';

/** A refusal, as the API answered it. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly error: ErrorBody['error'];

  constructor(status: number, { error }: ErrorBody) {
    super(`${status} ${error.code}: ${error.message}`);
    this.status = status;
    this.error = error;
  }
}

export class Client {
  readonly url: string;
  readonly token: string;

  constructor(instance: { url: string; token: string }) {
    this.url = instance.url;
    this.token = instance.token;
  }

  /** Makes a call and returns the raw answer. */
  fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Makes a call and parses the answer; throws Refused. */
  async call<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<z.infer<Schema>> {
    const response = await this.fetch(method, path, body, headers);
    const text = await response.text();
    if (!response.ok) throw new Refused(response.status, ErrorBody.parse(JSON.parse(text)));
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }

  createApp(app: { name: string; slug?: string; [more: string]: unknown }): Promise<App> {
    return this.call(App, 'POST', '/api/apps', { source: { provider: 'upload' }, ...app });
  }

  app(slug: string): Promise<App> {
    return this.call(App, 'GET', `/api/apps/${slug}`);
  }

  /** Uploads bytes as a script does: parts directly to storage. Returns the upload's id. */
  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const grant = await this.call(UploadGrant, 'POST', '/api/uploads', { name, size: bytes.length });
    const parts: { partNumber: number; etag: string }[] = [];
    for (const { partNumber, url } of grant.parts) {
      const from = (partNumber - 1) * grant.partSize;
      const put = await fetch(url, {
        method: 'PUT',
        body: Buffer.from(bytes.slice(from, from + grant.partSize)),
      });
      if (!put.ok) throw new Error(`storage answered ${put.status}: ${await put.text()}`);
      parts.push({ partNumber, etag: put.headers.get('etag') ?? '' });
    }
    await this.call(CompletedUpload, 'POST', `/api/uploads/${grant.uploadId}/complete`, { parts });
    return grant.uploadId;
  }

  deploy(slug: string, body: unknown = {}, headers?: Record<string, string>): Promise<Deployment> {
    return this.call(Deployment, 'POST', `/api/apps/${slug}/deployments`, body, headers);
  }

  deployment(id: string): Promise<Deployment> {
    return this.call(Deployment, 'GET', `/api/deployments/${id}`);
  }

  cancel(id: string): Promise<Deployment> {
    return this.call(Deployment, 'POST', `/api/deployments/${id}/cancel`);
  }

  logs(id: string, after = 0, limit = 10_000): Promise<LogPage> {
    return this.call(LogPage, 'GET', `/api/deployments/${id}/logs?after=${after}&limit=${limit}`);
  }

  /** Waits until the log of a deployment is archived; returns its outline. */
  async archived(id: string): Promise<LogOutline> {
    for (;;) {
      try {
        return await this.call(LogOutline, 'GET', `/api/deployments/${id}/logs/outline`);
      } catch (error) {
        if (!(error instanceof Refused) || error.error.code !== 'log_not_archived') throw error;
      }
      await pause(100);
    }
  }

  async runners(): Promise<Runner[]> {
    return (await this.call(z.strictObject({ items: z.array(Runner) }), 'GET', '/api/runners')).items;
  }

  /** Registers a runner and returns its id and credential. */
  async registerRunner(name: string, labels: string[] = ['linux'], slots = 1): Promise<RegisteredRunner> {
    const { token } = await this.call(RegistrationToken, 'POST', '/api/runners/tokens');
    return this.call(RegisteredRunner, 'POST', '/api/runners/register', {
      token,
      name,
      labels,
      slots,
      version: '0.1.0',
    });
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
