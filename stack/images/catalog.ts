/** The builder images: each folder of `builder-images/` that has an `image.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';

/** A folder of `builder-images/`, or one in it. */
const Folder = z.string().regex(/^[a-z]+(\/[a-z]+)?$/);

/** The Debian image that a Dockerfile starts from, and the suite to build it from if no registry answers. */
const Base = z.strictObject({
  tag: z.string().regex(/^debian:[a-z-]+$/),
  suite: z.string().regex(/^[a-z]+$/),
});

/** The folders of the build context whose package-lock.json pins npm packages of the image. */
const NpmTools = z.array(Folder);

/** One variant of an image. */
const Variant = z.strictObject({
  dockerfile: z.string().regex(/^Dockerfile(\.[a-z]+)?$/),
  base: Base,
  npmTools: NpmTools,
  /** Folders that only this variant's build context contains, besides those of all variants. */
  shared: z.array(Folder).default([]),
  /** A page of the vendor whose downloads it needs: the variant can be built if that answers. Null: anywhere. */
  needs: z.url({ protocol: /^https$/ }).nullable(),
});

/** `image.json`: what is needed to build the image besides its Dockerfile. */
const ImageFile = z.strictObject({
  /** The image's name, without a tag. */
  repository: z.string().regex(/^appflux\/[a-z]+-builder$/),
  /** Folders of `builder-images/` that the build context contains besides the image's own, at the same path. */
  shared: z.array(Folder),
  /** Folders of those that stay out of the build context. */
  without: z.array(Folder).default([]),
});

const OneWay = ImageFile.extend({ base: Base, npmTools: NpmTools });
const ManyWays = ImageFile.extend({
  /** By name, the preferred one first. The last one can be built anywhere. */
  variants: z.record(z.string().regex(/^[a-z]+$/), Variant),
});

/** One variant of an image: a Dockerfile and its base. */
export interface ImageVariant extends z.infer<typeof Variant> {
  /** Its name in `APPFLUX_ANDROID_IMAGE` and similar variables. */
  readonly name: string;
}

/** One builder image. */
export interface BuilderImage extends z.infer<typeof ImageFile> {
  /** `web` for `builder-images/web`; its name in `APPFLUX_IMAGES` and for `npm run images`. */
  readonly kind: string;
  /** `builder-images`, absolute. */
  readonly parent: string;
  /** At least one; the preferred one first. */
  readonly variants: readonly ImageVariant[];
}

/** The builder images of a checkout, by kind. `parent` is its `builder-images` folder, absolute. */
export async function readCatalog(parent: string): Promise<Map<string, BuilderImage>> {
  const catalog = new Map<string, BuilderImage>();
  for (const kind of (await readdir(parent)).sort()) {
    const file = join(parent, kind, 'image.json');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      // A file beside the folders, or a folder that images share: not an image.
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    if (text === null) continue;
    const parsed = z.union([OneWay, ManyWays]).parse(JSON.parse(text));
    const { repository, shared, without } = parsed;
    catalog.set(kind, { kind, parent, repository, shared, without, variants: variantsOf(parsed) });
  }
  return catalog;
}

function variantsOf(image: z.infer<typeof OneWay> | z.infer<typeof ManyWays>): ImageVariant[] {
  if ('variants' in image) {
    return Object.entries(image.variants).map(([name, variant]) => ({ name, ...variant }));
  }
  const { base, npmTools } = image;
  return [{ name: 'debian', dockerfile: 'Dockerfile', base, npmTools, shared: [], needs: null }];
}

/** The images of the named kinds. @throws StackProblem `arguments_invalid` for an unknown kind. */
export function pickImages(
  catalog: ReadonlyMap<string, BuilderImage>,
  kinds: readonly string[],
): BuilderImage[] {
  return kinds.map((kind) => {
    const image = catalog.get(kind);
    if (image !== undefined) return image;
    throw new StackProblem(
      'arguments_invalid',
      `Unknown builder image "${kind}"`,
      `use one of these: ${[...catalog.keys()].join(', ')}`,
    );
  });
}
