/** The projects that are built: those of e2e/fixtures, whose artifacts the tests of e2e/ open. */

import { ANDROID_IMAGE, DESKTOP_IMAGE, FLUTTER_IMAGE, SITES_IMAGE, WEB_IMAGE } from '@appflux/detection';
import type { Fixture } from '../../e2e/source/zip.ts';

export interface Project {
  readonly fixture: Fixture;
  /** The image that it is built in, a name for `npm run images`. */
  readonly image: string;
}

const IMAGES: Readonly<Record<Fixture, string>> = {
  'vite-react': WEB_IMAGE,
  'sveltekit-static': WEB_IMAGE,
  astro: WEB_IMAGE,
  'next-export': WEB_IMAGE,
  turborepo: WEB_IMAGE,
  pwa: WEB_IMAGE,
  eleventy: WEB_IMAGE,
  hugo: SITES_IMAGE,
  jekyll: SITES_IMAGE,
  mkdocs: SITES_IMAGE,
  'plain-html': WEB_IMAGE,
  'android-gradle': ANDROID_IMAGE,
  'desktop-packages': DESKTOP_IMAGE,
  tauri: DESKTOP_IMAGE,
  'flutter-linux': FLUTTER_IMAGE,
};

export const PROJECTS: readonly Project[] = Object.entries(IMAGES).map(([fixture, image]) => ({
  fixture: fixture as Fixture,
  image,
}));
