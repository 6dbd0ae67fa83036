/** Where an app's code comes from. */
import { z } from 'zod';
import { RepoUrl } from './repo-key.ts';

/** A folder inside the source, written with forward slashes; `./` is the top. */
export const RootDirectory = z
  .string()
  .max(512)
  .refine((path) => !path.startsWith('/') && !path.includes('\\') && !path.includes('\0'), {
    message: 'The root directory must be a relative path with forward slashes',
  })
  .refine((path) => !path.split('/').includes('..'), {
    message: 'The root directory must be inside the source',
  });

/** A branch or tag name: the part of `git check-ref-format` that keeps a name from being read as an option. */
export const BranchName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?![-./])(?!.*(?:\.\.|@\{|\/\/|\.lock$|[./]$))[^\p{Cc} ~^:?*[\\]+$/u, 'Invalid Git branch name');

/** A commit: a SHA-1 or SHA-256 object name, whole or shortened to at least seven digits. */
export const CommitHash = z.string().regex(/^[0-9a-f]{7,64}$/, 'A commit must be 7 to 64 hexadecimal digits');

/** How many commits a build gets: a number, or `full` for the whole history. */
export const CloneDepth = z.union([z.int().min(1).max(10_000), z.literal('full')]);
export type CloneDepth = z.infer<typeof CloneDepth>;

const gitFields = {
  repoUrl: RepoUrl,
  branch: BranchName.default('main'),
  rootDirectory: RootDirectory.default('./'),
  depth: CloneDepth.default(1),
};

/** Where an app's code comes from. */
export const AppSource = z
  .discriminatedUnion('provider', [
    z.strictObject({ provider: z.literal('github'), ...gitFields }),
    z.strictObject({ provider: z.literal('git'), ...gitFields }),
    z.strictObject({ provider: z.literal('upload'), rootDirectory: RootDirectory.default('./') }),
  ])
  .meta({ id: 'AppSource' });
export type AppSource = z.infer<typeof AppSource>;
