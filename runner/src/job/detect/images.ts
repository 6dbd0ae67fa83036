/** The builder images that plans name. */
import type { AppType } from '@appflux/protocol';

export const WEB_IMAGE = 'appflux/web-builder';

/** The image that builds a type of App unless something else is said. */
export const IMAGES: Readonly<Record<AppType, string>> = {
  web: WEB_IMAGE,
  pwa: WEB_IMAGE,
  android: 'appflux/android-builder',
  desktop: 'appflux/desktop-builder',
};
