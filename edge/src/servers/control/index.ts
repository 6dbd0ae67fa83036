/**
 * What the server host asks the control plane for. On Cloudflare this is a named entry point, which no URL leads to; on one
 * machine it is a Unix socket that only the instance's user may open.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { isAppFluxError } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { acceptEvents } from '../runtime/accept.ts';
import { answerAssets } from './assets.ts';
import { answerLoad } from './load-answer.ts';

export class ServerControl extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    try {
      switch (pathname) {
        case '/load':
          return await answerLoad(request, this.env, this.ctx);
        case '/assets':
          return await answerAssets(request, this.env, this.ctx);
        case '/events':
          return await acceptEvents(request, this.env);
        default:
          return new Response(null, { status: 404 });
      }
    } catch (error) {
      if (!isAppFluxError(error)) journal.error(`The server host's ${pathname} failed`, error);
      // Storage or metadata doesn't respond, or has damaged data: the server host can only try again.
      return new Response(null, { status: 503 });
    }
  }
}
