/** What the feed of an Expo app answers. */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from '../../../env.ts';
import type { AppRecord, Metadata } from '../../../metadata/metadata.ts';
import { createSealer, expoKeyLabel } from '../../../secrets/sealing.ts';
import { expoManifest } from './manifest.ts';
import { publicationOf } from './publication.ts';
import { recordRelease } from './record.ts';
import type { ExpoRequest } from './request.ts';
import {
  type ExpoResponse,
  expoResponse,
  type FeedState,
  type Message,
  messageFor,
  type Signed,
} from './response.ts';
import { signatureOf } from './signing.ts';

interface Surroundings {
  readonly env: Env;
  readonly metadata: Metadata;
  /** Where the feed is, without a query. */
  readonly feedUrl: string;
  /** The token of a request for the feed of an app that not everyone may open. */
  readonly authorization: string | null;
}

/** The response to a request for the newest update. Throws AppFluxError for what can't be answered. */
export async function answerExpo(
  app: AppRecord,
  request: ExpoRequest,
  surroundings: Surroundings,
): Promise<ExpoResponse> {
  if (request.channel === 'production') await recordRelease(app, surroundings.metadata);
  const message = messageFor(await feedState(app, request, surroundings), request);
  const text = JSON.stringify(message.body);
  const signed = request.signature && (await sign(app.id, text, request.signature.keyId, surroundings));
  const boundary = crypto.randomUUID();
  const assetHeaders = assetHeadersOf(message, surroundings.authorization);
  return expoResponse(request, message, text, { signed, boundary, assetHeaders });
}

/** Clients send the headers of their config with each request; by the protocol, only these are sent for files. */
function assetHeadersOf(
  message: Message,
  authorization: string | null,
): Record<string, { authorization: string }> | null {
  if (authorization === null || message.name !== 'manifest') return null;
  const { launchAsset, assets } = message.body;
  return Object.fromEntries([launchAsset, ...assets].map(({ key }) => [key, { authorization }]));
}

async function feedState(
  app: AppRecord,
  { channel, platform, runtimeVersion }: ExpoRequest,
  { env, metadata, feedUrl }: Surroundings,
): Promise<FeedState> {
  const row = await metadata.expo.newest({ appId: app.id, channel, platform, runtimeVersion });
  if (row === null) return { kind: 'nothing' };
  const { deploymentId, createdAt } = row;
  if (deploymentId === null) return { kind: 'embedded', since: createdAt };
  const publication = await publicationOf(env, { id: deploymentId, appId: app.id });
  const manifest =
    publication &&
    expoManifest({
      platform,
      channel,
      createdAt,
      meta: publication.meta,
      sha256: publication.sha256,
      urlOf: (sha256) => `${feedUrl}/assets/${deploymentId}/${sha256}`,
    });
  return manifest === null ? { kind: 'nothing' } : { kind: 'update', manifest };
}

/** Signs a text with the app's key. */
async function sign(
  appId: string,
  text: string,
  keyId: string | null,
  { env, metadata }: Surroundings,
): Promise<Signed> {
  const key = await metadata.expo.signingKey(appId);
  if (key === null) {
    throw new AppFluxError('bad_request', 'The app expects a signature, but has no signing key here', {
      hint: 'Set its key with PUT /api/apps/{slug}/updates/expo/signing-key; see docs/update-feeds.md.',
    });
  }
  if (keyId !== null && keyId !== key.keyId) {
    throw new AppFluxError('bad_request', `The app’s signing key is called ${key.keyId}`, {
      hint: 'Set the same keyid in updates.codeSigningMetadata of the app config.',
    });
  }
  const privateKey = await createSealer(env).open(key.sealed, expoKeyLabel(appId));
  return { signature: signatureOf(text, privateKey), keyId: key.keyId };
}
