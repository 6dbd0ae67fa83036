/** What tests run in until index.ts is there. */
import { DurableObject } from 'cloudflare:workers';

export class DeploymentObject extends DurableObject {}
export class PoolObject extends DurableObject {}
export default { fetch: () => new Response('interim') };
