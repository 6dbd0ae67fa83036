/** The ways in which a source could be built, if there are several: for someone to choose from. */
import { z } from 'zod';
import { AppType } from './app.ts';
import { RootDirectory } from './app-source.ts';

/** The app settings that select one way. Null: unchanged. */
export const CandidateSettings = z.strictObject({
  rootDirectory: RootDirectory.nullable(),
  type: AppType.nullable(),
  framework: z.string().max(60).nullable(),
});
export type CandidateSettings = z.infer<typeof CandidateSettings>;

export const BuildCandidate = z
  .strictObject({ type: AppType, framework: z.string().max(60).nullable(), set: CandidateSettings })
  .meta({ id: 'BuildCandidate' });
export type BuildCandidate = z.infer<typeof BuildCandidate>;

/** The most likely one first. */
export const BuildCandidates = z.array(BuildCandidate).max(20);
