/** How the wizard reads a source before there is an app. */
import type { Candidates } from '@appflux/detection';
import type { LookResult, StartLook } from '@appflux/protocol';
import { plainFolder } from '#lib/detection/candidate.ts';
import { type LookProgress, type Looks, lookAt } from '#lib/detection/look-repository.ts';
import { Detected } from './detected.svelte.ts';

/** What is found in a ZIP. */
export interface FoundInZip {
  readonly candidates: Candidates;
}

export type ReadZip = (file: Blob, rootDirectory: string) => Promise<Candidates>;

/** Loaded on demand: detection is larger than the rest of the page. */
const readInBrowser: ReadZip = async (file, rootDirectory) => {
  const [{ candidatesOfZip }, { instance }] = await Promise.all([
    import('#lib/detection/read-zip.ts'),
    import('#lib/session/index.ts'),
  ]);
  return candidatesOfZip(file, rootDirectory, instance.servers);
};

/** Detection in a ZIP, in this browser. */
export const detectedZip = (read: ReadZip = readInBrowser) =>
  new Detected<Blob, FoundInZip>(async (file, rootDirectory) => ({
    candidates: await read(file, rootDirectory),
  }));

/** A repository to look at, without its root directory. */
export interface RepositoryToLookAt {
  readonly source: Omit<StartLook['source'], 'rootDirectory'>;
  readonly credential: StartLook['credential'];
}

/** What a runner finds in a repository. */
export type FoundInRepository = LookResult;

/** Detection in a repository, by a runner. */
export const detectedRepository = (looks: Looks, onProgress: (progress: LookProgress) => void) =>
  new Detected<RepositoryToLookAt, FoundInRepository>(
    ({ source, credential }, rootDirectory, { signal }) => {
      onProgress('waiting');
      const folder = plainFolder(rootDirectory);
      const asked = { ...source, ...(folder !== '' && { rootDirectory: folder }) };
      return lookAt(looks, { source: asked, ...(credential && { credential }) }, { signal, onProgress });
    },
    (one, other) => JSON.stringify(one) === JSON.stringify(other),
  );
