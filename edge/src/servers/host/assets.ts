/** The binding ASSETS of a site's server: the files of its own deployment. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { ASSETS_HEADER, type AssetsRequest, CONTROL_URL, isInternalHeader } from '../visit/protocol.ts';
import type { AssetsProps, HostEnv } from './env.ts';

/** What a server says about a file is only its path: whose files they are is in the properties, which it can't change. */
export class SiteAssets extends WorkerEntrypoint<HostEnv, AssetsProps> {
  override async fetch(request: Request): Promise<Response> {
    const { appId, deploymentId } = this.ctx.props;
    const headers = new Headers(request.headers);
    for (const name of request.headers.keys()) if (isInternalHeader(name)) headers.delete(name);
    const asked: AssetsRequest = { appId, deploymentId, url: request.url };
    headers.set(ASSETS_HEADER, JSON.stringify(asked));
    const { method } = request;
    // Files answer GET and HEAD alone; a body would be sent for nothing.
    return this.env.CONTROL.fetch(`${CONTROL_URL}/assets`, { method, headers, redirect: 'manual' });
  }
}
