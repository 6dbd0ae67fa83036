/** Icons of frameworks; from simple-icons (CC0). A page loads those that it shows, as files of their own. */
import android from 'simple-icons/icons/android.svg';
import angular from 'simple-icons/icons/angular.svg';
import cordova from 'simple-icons/icons/apachecordova.svg';
import astro from 'simple-icons/icons/astro.svg';
import capacitor from 'simple-icons/icons/capacitor.svg';
import docusaurus from 'simple-icons/icons/docusaurus.svg';
import electron from 'simple-icons/icons/electron.svg';
import eleventy from 'simple-icons/icons/eleventy.svg';
import expo from 'simple-icons/icons/expo.svg';
import flutter from 'simple-icons/icons/flutter.svg';
import gatsby from 'simple-icons/icons/gatsby.svg';
import hugo from 'simple-icons/icons/hugo.svg';
import jekyll from 'simple-icons/icons/jekyll.svg';
import next from 'simple-icons/icons/nextdotjs.svg';
import nuxt from 'simple-icons/icons/nuxt.svg';
import react from 'simple-icons/icons/react.svg';
import remix from 'simple-icons/icons/remix.svg';
import solid from 'simple-icons/icons/solid.svg';
import svelte from 'simple-icons/icons/svelte.svg';
import tauri from 'simple-icons/icons/tauri.svg';
import vite from 'simple-icons/icons/vite.svg';
import vue from 'simple-icons/icons/vuedotjs.svg';

/** Keyed by the first word of the framework's id in a plan. */
const ICONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    android,
    angular,
    astro,
    capacitor,
    cordova,
    create: react,
    docusaurus,
    electron,
    eleventy,
    expo,
    flutter,
    gatsby,
    hugo,
    jekyll,
    next,
    nextjs: next,
    nuxt,
    nuxt3: nuxt,
    react,
    remix,
    solid,
    svelte,
    sveltekit: svelte,
    tauri,
    vite,
    vue,
  }),
);

/**
 * The URL of a framework's icon, in one color; null when there is none. Takes the id in a plan, such as `svelte-kit` or
 * `react-native`.
 */
export function frameworkIcon(framework: string | null): string | null {
  const word = framework?.toLowerCase().split(/[^a-z0-9]/, 1)[0] ?? '';
  return ICONS.get(word) ?? null;
}

const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    bun: 'Executable with Bun',
    'create-react-app': 'Create React App',
    html: 'Plain HTML',
    mkdocs: 'MkDocs',
    node: 'Executable with Node',
    neutralino: 'Neutralinojs',
    next: 'Next.js',
    nextjs: 'Next.js',
    'react-native': 'React Native',
    'svelte-kit': 'SvelteKit',
    sveltekit: 'SvelteKit',
    vue: 'Vue',
  }),
);

/** Frameworks that the form suggests. It accepts any other, too. */
export const FRAMEWORK_CHOICES: readonly string[] = [
  'html',
  'vite',
  'next',
  'astro',
  'svelte-kit',
  'nuxt',
  'react-router',
  'angular',
  'vue',
  'create-react-app',
  'gatsby',
  'eleventy',
  'docusaurus',
  'vitepress',
  'storybook',
  'flutter',
  'android',
  'react-native',
  'expo',
  'capacitor',
  'ionic',
  'cordova',
  'electron',
  'tauri',
  'neutralino',
  'bun',
  'node',
];

/** A framework's display name. Takes the id in a plan. */
export function frameworkName(framework: string): string {
  return NAMES.get(framework.toLowerCase()) ?? framework.charAt(0).toUpperCase() + framework.slice(1);
}
