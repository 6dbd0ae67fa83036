/** `appflux.json`: build settings kept in the repository. */
import { z } from 'zod';
import { AppType, Command, OutputGlob, RootDirectory } from './app.ts';

/** What `appflux.json` may set. It lies at the top of the source; the App's own settings win over it. */
export const Manifest = z
  .strictObject({
    $schema: z.string().optional(),
    type: AppType.optional(),
    image: z.string().max(200).optional(),
    rootDirectory: RootDirectory.optional(),
    installCommand: Command.optional(),
    buildCommand: Command.optional(),
    outputs: z.array(OutputGlob).max(50).optional(),
    ignoreCommand: Command.optional(),
    node: z.string().max(40).optional(),
    /** Whether Git submodules are fetched, from the repository's own host only; at the top of the source. */
    submodules: z.boolean().optional(),
  })
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;

/** The keys that `appflux.json` may have. */
export const MANIFEST_KEYS = Object.keys(Manifest.shape);
