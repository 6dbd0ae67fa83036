/** The icon of an app, from the packages that its build delivers. */
import { type Icon, MAX_ICON_BYTES } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import type { CollectedArtifact, StepContext } from '../../step-context.ts';
import { androidPictures } from '../collect/contents/android/pictures.ts';
import { checkedPicture } from './picture.ts';

/** The icon of the first package that has one; null if none has. Only those of Android apps are read. */
export async function iconOf(
  artifacts: readonly Pick<CollectedArtifact, 'name' | 'path'>[],
  ctx: Pick<StepContext, 'log'>,
): Promise<Icon | null> {
  for (const { name, path } of artifacts) {
    const format = /\.(apk|aab)$/i.exec(name)?.[1]?.toLowerCase();
    if (format !== 'apk' && format !== 'aab') continue;
    try {
      for (const picture of await androidPictures(path, format)) {
        const checked = checkedPicture(picture);
        if (checked === null || checked.bytes.length > MAX_ICON_BYTES) continue;
        return { type: checked.type, content: checked.bytes.toString('base64') };
      }
    } catch (error) {
      // Any way in which a parser stumbles means the same: the package is delivered, and its icon is not shown.
      const why = error instanceof Error ? error.message : String(error);
      ctx.log(say`The icon of ${name} can’t be read: ${why.slice(0, 200)}`);
    }
  }
  if (artifacts.some(({ name }) => /\.(?:apk|aab)$/i.test(name)))
    ctx.log(
      own('No package has an icon in PNG or WebP of at most 8 kB. The download page shows a drawn one.'),
    );
  return null;
}
