/** The projects that are really built: those of e2e/fixtures, whose artifacts the tests of e2e/ open. */
import type { Fixture } from '../../e2e/source/zip.ts';
import { WEB_IMAGE } from '../../runner/src/testing/docker.ts';

export interface Project {
  readonly fixture: Fixture;
  /** The image that it is built in, as `npm run images` makes it. */
  readonly image: string;
}

const web = (fixture: Fixture): Project => ({ fixture, image: WEB_IMAGE });

export const PROJECTS: readonly Project[] = [
  web('vite-react'),
  web('sveltekit-static'),
  web('astro'),
  web('next-export'),
  web('turborepo'),
  web('pwa'),
  web('eleventy'),
  web('plain-html'),
  { fixture: 'android-gradle', image: 'appflux/android-builder' },
  { fixture: 'desktop-packages', image: 'appflux/desktop-builder' },
  { fixture: 'tauri', image: 'appflux/desktop-builder' },
  { fixture: 'flutter-linux', image: 'appflux/flutter-builder' },
];
