/** Which builder images there are: each folder of `builder-images/` that has an `image.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';

/** A folder of `builder-images/`, or one in it. */
const Folder = z.string().regex(/^[a-z]+(\/[a-z]+)?$/);

/** The Debian image that a Dockerfile begins from, and the suite it is made of where no registry answers. */
const Base = z.strictObject({
  tag: z.string().regex(/^debian:[a-z-]+$/),
  suite: z.string().regex(/^[a-z]+$/),
});

/** The folder of the build context whose package-lock.json pins the npm packages that go into the image, if any. */
const NpmTools = Folder.nullable();

/** One way to make an image. */
const Variant = z.strictObject({
  dockerfile: z.string().regex(/^Dockerfile(\.[a-z]+)?$/),
  base: Base,
  npmTools: NpmTools,
  /** Folders that go into its build context alone, besides those of all variants. */
  shared: z.array(Folder).default([]),
  /** A page of the vendor whose downloads go into it: the variant can be made where that answers. Null: anywhere. */
  needs: z.url({ protocol: /^https$/ }).nullable(),
});

/** `image.json`: what is needed to build the image besides its Dockerfile. */
const ImageFile = z.strictObject({
  /** The image's name, without a tag. */
  repository: z.string().regex(/^appflux\/[a-z]+-builder$/),
  /** Folders of `builder-images/` that go into the build context beside the image's own, at the same path. */
  shared: z.array(Folder),
});

const OneWay = ImageFile.extend({ base: Base, npmTools: NpmTools });
const ManyWays = ImageFile.extend({
  /** By name, the best first. The last one can be made anywhere. */
  variants: z.record(z.string().regex(/^[a-z]+$/), Variant),
});

/** One way to make an image: a Dockerfile and what it begins from. */
export interface ImageVariant extends z.infer<typeof Variant> {
  /** What `APPFLUX_ANDROID_IMAGE` and the like call it. */
  readonly name: string;
}

/** One builder image. */
export interface BuilderImage extends z.infer<typeof ImageFile> {
  /** `web` for `builder-images/web`; what `APPFLUX_IMAGES` and `npm run images` call it. */
  readonly kind: string;
  /** `builder-images`, absolute. */
  readonly parent: string;
  /** At least one; the best first. */
  readonly variants: readonly ImageVariant[];
}

/** The builder images of a checkout, by kind. `parent` is its `builder-images` folder, absolute. */
export async function readCatalog(parent: string): Promise<Map<string, BuilderImage>> {
  const catalog = new Map<string, BuilderImage>();
  for (const kind of (await readdir(parent)).sort()) {
    const file = join(parent, kind, 'image.json');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      // A file beside the folders, or a folder that images share: no image.
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    if (text === null) continue;
    const parsed = z.union([OneWay, ManyWays]).parse(JSON.parse(text));
    const { repository, shared } = parsed;
    catalog.set(kind, { kind, parent, repository, shared, variants: variantsOf(parsed) });
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

/** The images of the kinds named. @throws StackProblem `arguments_invalid` when there is no such kind. */
export function pickImages(
  catalog: ReadonlyMap<string, BuilderImage>,
  kinds: readonly string[],
): BuilderImage[] {
  return kinds.map((kind) => {
    const image = catalog.get(kind);
    if (image !== undefined) return image;
    throw new StackProblem(
      'arguments_invalid',
      `There is no builder image "${kind}"`,
      `name one of these: ${[...catalog.keys()].join(', ')}`,
    );
  });
}
