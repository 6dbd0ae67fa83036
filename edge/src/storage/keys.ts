/** Where things lie in storage. */

import type { PictureSize } from '@appflux/protocol';

/** All apps have their objects below it. */
export const appsPrefix = 'apps/';

/** All source uploads are below it. */
export const uploadKeyPrefix = 'uploads/';

/** What the objects of ended deployments leave is below it. */
export const deploymentsPrefix = 'deployments/';

/** What the object of an ended deployment leaves. It knows no app until it has read this. */
export const endedDeploymentKey = (deploymentId: string) => `${deploymentsPrefix}${deploymentId}.json.gz`;

/** All that a deployment's attempts and its log leave. */
export const deploymentPrefix = (appId: string, deploymentId: string) =>
  `${appsPrefix}${appId}/${deploymentId}/`;

/** An attempt's artifacts; the attempt in the key fences a stale runner off the artifacts of a later one. */
export const attemptPrefix = (appId: string, deploymentId: string, attempt: number) =>
  `${deploymentPrefix(appId, deploymentId)}${attempt}/`;

export const artifactKey = (appId: string, deploymentId: string, attempt: number, name: string) =>
  attemptPrefix(appId, deploymentId, attempt) + name;

/** For an artifact that is announced again with other bytes: a late request for the first ones must not reach it. */
export const artifactAgainKey = (appId: string, deploymentId: string, attempt: number, name: string) =>
  `${attemptPrefix(appId, deploymentId, attempt)}.${crypto.randomUUID()}/${name}`;

/** A bill of materials of an attempt, which no artifact is beside: no name of one begins with a dot. */
export const sbomKey = (appId: string, deploymentId: string, attempt: number, sha256: string) =>
  `${attemptPrefix(appId, deploymentId, attempt)}.sbom/${sha256}.json.gz`;

/** The picture of a deployment's site, beside its attempts: no attempt has such a name. */
export const pictureKey = (appId: string, deploymentId: string, size: PictureSize) =>
  `${deploymentPrefix(appId, deploymentId)}.picture/${size}.webp`;

/** A deployment's whole log: gzip, one JSON line an item. */
export const logKey = (appId: string, deploymentId: string) =>
  `${deploymentPrefix(appId, deploymentId)}log.ndjson.gz`;

/** Whether a key is one of `logKey`. An artifact's key has a folder more. */
export const isLogKey = (key: string): boolean => /^apps\/[^/]+\/[^/]+\/log\.ndjson\.gz$/.test(key);

/** All that belongs to an app. */
export const appPrefix = (appId: string) => `${appsPrefix}${appId}/`;

/**
 * The packs and manifests of an app's published sites. Deployments share packs, so the app's SiteObject decides what is
 * deleted below this prefix.
 */
export const sitesPrefix = (appId: string) => `${appPrefix(appId)}sites/`;

/** A pack, by its name: it begins with the deployment and the attempt, and no two uploads share one. */
export const sitePackKey = (appId: string, name: string) => `${sitesPrefix(appId)}packs/${name}`;

/** A new name for the pack of an attempt. */
export const newPackName = (deploymentId: string, attempt: number) =>
  `${deploymentId}-${attempt}-${crypto.randomUUID().slice(0, 8)}`;

/** The name of a pack, by its key or by the key that it is PUT under. */
export const packNameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** The manifest of what a deployment has published. */
export const siteManifestKey = (appId: string, deploymentId: string) =>
  `${siteManifestPrefix(appId)}${deploymentId}.json.gz`;

/** All manifests of an app are below it. */
export const siteManifestPrefix = (appId: string) => `${sitesPrefix(appId)}manifests/`;

/** Whether a key is one of `siteManifestKey`: an artifact with such a key is generated from the manifest. */
export const isSiteManifestKey = (key: string): boolean =>
  /^apps\/[^/]+\/sites\/manifests\/[^/]+\.json\.gz$/.test(key);

/** A source upload. */
export const uploadKey = (uploadId: string) => `${uploadKeyPrefix}${uploadId}/source.zip`;

/** Folders within the folder of an object. No name of an artifact begins with a dot. */
const INCOMING = '.incoming';
const KEPT = '.kept';

const inFolder = (key: string, folder: string) => {
  const name = key.lastIndexOf('/') + 1;
  return `${key.slice(0, name)}${folder}/${key.slice(name)}`;
};

/** Where a single PUT goes whose bytes are to be kept under `key`. */
export const incomingKey = (key: string) => inFolder(key, INCOMING);

/**
 * Where the bytes of a single PUT to `put` are kept. Version 0.1.0 had them PUT where they are kept now; what was begun
 * by it is kept apart, because URLs for that key may still be good.
 */
export const keptKey = (put: string) =>
  put.includes(`/${INCOMING}/`) ? put.replace(`/${INCOMING}/`, '/') : inFolder(put, KEPT);

/** All keys that a source upload may have left objects under, in whatever state its record is. */
export function keysOfUpload(key: string): string[] {
  const plain = key.replace(`/${INCOMING}/`, '/').replace(`/${KEPT}/`, '/');
  return [plain, incomingKey(plain), inFolder(plain, KEPT)];
}
