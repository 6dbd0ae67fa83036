/** For tests: a deployment that waits for a runner, with its app in metadata. */
import { env } from 'cloudflare:workers';
import { metadataOf } from '../../metadata/index.ts';
import { newObjectId } from '../../metadata/object-id.ts';
import { appRecord } from '../../metadata/testing/sample-records.ts';
import type { Spec } from '../state.ts';
import { sampleSpec } from './sample-spec.ts';

/** Creates a deployment of a new app, and gives what was asked for. */
export async function givenQueued(): Promise<Spec> {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    createdAt: Date.now(),
  });
  await env.DEPLOYMENTS.getByName(spec.id).create(spec);
  return spec;
}
