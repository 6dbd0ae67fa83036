/** A project that is deployed repeatedly. */
import type { Deployment } from '@appflux/protocol';
import type { Client } from '../../e2e/instance/client.ts';
import { Viewer } from '../../e2e/instance/viewer.ts';
import { zipOf } from '../../e2e/source/zip.ts';

export class DeployedProject {
  readonly #client: Client;
  readonly #slug: string;
  readonly #uploadId: string;

  private constructor(client: Client, slug: string, uploadId: string) {
    this.#client = client;
    this.#slug = slug;
    this.#uploadId = uploadId;
  }

  static async create(
    client: Client,
    name: string,
    files: Readonly<Record<string, Buffer>>,
  ): Promise<DeployedProject> {
    const { slug } = await client.createApp({ name });
    return new DeployedProject(client, slug, await client.upload(`${name}.zip`, await zipOf(files)));
  }

  /**
   * Deploys; returns the wall time from the request until a viewer receives the end, in seconds. The cache is cold by
   * default: a bare docker run has none either.
   */
  async deploy({ clearCache = true } = {}): Promise<{ seconds: number; deployment: Deployment }> {
    const startedAt = performance.now();
    const { id } = await this.#client.deploy(this.#slug, { uploadId: this.#uploadId, clearCache });
    const status = await new Viewer(this.#client, id).ended;
    const seconds = (performance.now() - startedAt) / 1000;
    const deployment = await this.#client.deployment(id);
    if (status !== 'success')
      throw new Error(`the build ended with ${status}: ${deployment.failure?.message}`);
    return { seconds, deployment };
  }
}
