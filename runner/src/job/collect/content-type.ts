/** Media types of artifacts, by name. */
import { mimes } from 'mrmime';

/**
 * Types that mrmime does not have, or gives as `application/octet-stream`, and that installers and browsers
 * go by.
 */
const TYPES = new Map(
  Object.entries({
    ...mimes,
    // https://developer.android.com/build/building-cmdline and the registry's "vnd.android.package-archive".
    apk: 'application/vnd.android.package-archive',
    aab: 'application/octet-stream',
    appimage: 'application/vnd.appimage',
    deb: 'application/vnd.debian.binary-package',
    dmg: 'application/x-apple-diskimage',
    exe: 'application/vnd.microsoft.portable-executable',
    msi: 'application/x-msi',
    rpm: 'application/x-rpm',
  }),
);

/** The media type of a file, `application/octet-stream` where its name says nothing. */
export function contentType(name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return TYPES.get(extension) ?? 'application/octet-stream';
}
