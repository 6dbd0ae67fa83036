/** Ways in which a source could be built, where there are several: for somebody to choose from. */
import { z } from 'zod';
import { AppType, RootDirectory } from './app.ts';

/** What an App is set to for one way to be taken. Null: that can stay as it is. */
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

/** The likeliest first. */
export const BuildCandidates = z.array(BuildCandidate).max(20);
