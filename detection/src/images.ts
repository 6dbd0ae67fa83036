/** The builder images that plans name. */
import type { AppType } from '@appflux/protocol';

export const WEB_IMAGE = 'appflux/web-builder';
/** Hugo, Jekyll and MkDocs. */
export const SITES_IMAGE = 'appflux/sites-builder';
export const ANDROID_IMAGE = 'appflux/android-builder';
export const FLUTTER_IMAGE = 'appflux/flutter-builder';
export const DESKTOP_IMAGE = 'appflux/desktop-builder';

/** The image that builds a type of app unless something else is said. */
export const IMAGES: Readonly<Record<AppType, string>> = {
  web: WEB_IMAGE,
  pwa: WEB_IMAGE,
  android: ANDROID_IMAGE,
  desktop: DESKTOP_IMAGE,
};
