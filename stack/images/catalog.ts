/** Which builder images there are: each folder of `builder-images/` that has an `image.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';

/** `image.json`: what is needed to build the image besides its Dockerfile. */
const ImageFile = z.strictObject({
  /** The image's name, without a tag. */
  repository: z.string().regex(/^appflux\/[a-z]+-builder$/),
  /** The Debian image that the Dockerfile begins from, and the suite it is made of where no registry answers. */
  base: z.strictObject({ tag: z.string().regex(/^debian:[a-z-]+$/), suite: z.string().regex(/^[a-z]+$/) }),
  /** The folder whose package-lock.json pins the npm packages that go into the image, if any. */
  npmTools: z
    .string()
    .regex(/^[a-z]+$/)
    .nullable(),
  /** Folders of `builder-images/` that go into the build context beside the image's own. */
  shared: z.array(z.string().regex(/^[a-z]+$/)),
});

/** One builder image. */
export interface BuilderImage extends z.infer<typeof ImageFile> {
  /** `web` for `builder-images/web`; what `APPFLUX_IMAGES` and `npm run images` call it. */
  readonly kind: string;
  /** `builder-images`, absolute. */
  readonly parent: string;
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
    if (text !== null) catalog.set(kind, { ...ImageFile.parse(JSON.parse(text)), kind, parent });
  }
  return catalog;
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
