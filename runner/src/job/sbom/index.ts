/** Delivers the bill of materials (SBOM) of a build: CycloneDX, made of its lockfiles. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_SBOM_BYTES, quoted, SBOM_UPLOAD_TYPE } from '@appflux/protocol';
import { describeError, type Journal } from '../../journal.ts';
import { own, say, type Text } from '../../masking/sentence.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from '../../step-context.ts';
import { VERSION } from '../../version.ts';
import { type UploadConnection, uploadOne } from '../upload.ts';
import type { FoundLockfile } from './find.ts';
import { makeSbom, SbomFailed, type SbomOutput } from './make.ts';

/** The part of the attempt's connection that says whether the edge stores SBOMs. */
export interface SbomConnection {
  readonly storesSboms: boolean;
}

export interface DeliverSbom {
  readonly app: { readonly name: string; readonly version: string | null };
  readonly lockfiles: readonly FoundLockfile[];
  /** Artifacts that have been delivered, whose names the SBOM can't have. */
  readonly artifacts: readonly { readonly name: string }[];
  /** Where its bytes are written to. */
  readonly outDir: string;
  readonly connection: UploadConnection & SbomConnection;
  readonly attempt: number;
  readonly journal: Journal;
}

const NO_LOCKFILE = own(
  'No lockfile found, so this deployment has no SBOM. Commit the lockfile of your package manager to get one.',
);

/**
 * Makes the SBOM and uploads it. An SBOM that can't be made or stored is no reason to fail a build: the log says why.
 * Throws only the reason of `ctx.signal`.
 */
export async function deliverSbom(options: DeliverSbom, ctx: StepContext): Promise<void> {
  if (!options.connection.storesSboms) return;
  if (options.lockfiles.length === 0) return ctx.log(NO_LOCKFILE);
  try {
    const output = await makeSbom(
      { app: options.app, lockfiles: options.lockfiles, runnerVersion: VERSION },
      ctx.signal,
    );
    for (const { path, why } of output.problems)
      ctx.log(say`${quoted(path)} is not in the SBOM: ${own(why)}.`);
    if (output.sbom !== null) await upload(output.sbom, options, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log(say`This deployment has no SBOM: ${reasonOf(error)}.`);
    // Limits and refusals are the project's or the edge's matter.
    if (!(error instanceof SbomFailed) && !(error instanceof JobFailure))
      options.journal.error('No SBOM could be made', { error: describeError(error) });
  }
}

function reasonOf(error: unknown): Text {
  if (error instanceof SbomFailed) return own(error.message);
  if (error instanceof JobFailure) return say`${error.message}`;
  return own('unexpected error in the runner');
}

async function upload(
  { bytes, sha256, components, paths }: NonNullable<SbomOutput['sbom']>,
  { artifacts, outDir, connection, attempt, journal }: DeliverSbom,
  ctx: StepContext,
): Promise<void> {
  if (bytes.length > MAX_SBOM_BYTES) throw new SbomFailed('it is too large');
  const path = join(outDir, 'sbom.json.gz');
  await writeFile(path, bytes);
  const sbom: CollectedArtifact = {
    name: freeName(artifacts.map(({ name }) => name)),
    path,
    size: bytes.length,
    sha256,
    contentType: SBOM_UPLOAD_TYPE,
    meta: {},
  };
  await uploadOne(sbom, { connection, attempt, journal }, ctx);
  ctx.log(
    say`SBOM: ${components} ${own(components === 1 ? 'component' : 'components')} of ${quoted(paths.join(', '))}.`,
  );
}

/** A name that no artifact has: of two files of one name, the edge would keep one. */
function freeName(taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'sbom.cdx.json.gz' : `sbom-${number}.cdx.json.gz`;
    if (!taken.includes(name)) return name;
  }
}
