/** `appflux.json`: build settings in the repository. */
import { z } from 'zod';
import { AppType, Command, OutputGlob } from './app.ts';
import { RootDirectory } from './app-source.ts';
import { Bindings, Crons } from './server-site.ts';
import { SiteTrailingSlash } from './site-rules.ts';
import { SizeBudgets } from './size-budget.ts';

/** `site` of `appflux.json`: how the output is published. It takes precedence over the files of other platforms. */
export const SiteSettings = z.strictObject({
  /** Whether files and folders whose names begin with a dot are published; `.well-known` always is. */
  dotfiles: z.boolean().optional(),
  /** Whether source maps are published. */
  sourceMaps: z.boolean().optional(),
  /** Whether paths without a file get `/index.html`, as single-page apps need it. */
  spaFallback: z.boolean().optional(),
  /** Whether pages are served without `.html`. */
  cleanUrls: z.boolean().optional(),
  trailingSlash: SiteTrailingSlash.optional(),
});
export type SiteSettings = z.infer<typeof SiteSettings>;

/** The valid keys of `site`. */
export const SITE_SETTINGS_KEYS = Object.keys(SiteSettings.shape);

/** The fields of `appflux.json`. It is at the top of the source; the app's own settings take precedence. */
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
    site: SiteSettings.optional(),
    /** Limits for the size of what is published. Budgets of the app replace them. */
    budgets: SizeBudgets.optional(),
    /** False: only a static output is published, never a server. */
    server: z.boolean().optional(),
    /** Key-value stores and databases that a server finds in its environment under these names. */
    bindings: Bindings.optional(),
    /** When the `scheduled` handler of a server runs. */
    crons: Crons.optional(),
  })
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;

/** The valid keys of `appflux.json`. */
export const MANIFEST_KEYS = Object.keys(Manifest.shape);
