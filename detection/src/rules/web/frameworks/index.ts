/**
 * What is known of single frameworks beyond build-info: where they write, and when they write no site at all.
 */

import { joinPath } from '../../../tree.ts';
import type { FrameworkRule, Output, Site } from '../site.ts';
import { angular } from './angular.ts';
import { astro } from './astro.ts';
import { docusaurus, vitePress, vuePress } from './documentation.ts';
import { next } from './next.ts';
import { nuxt } from './nuxt.ts';
import { reactRouter, remix } from './react-router.ts';
import { expo, qwik, redwood, serverOnly, solidStart, tanStackStart } from './server-side.ts';
import { svelteKit } from './svelte-kit.ts';
import { UNLISTED_RULES } from './unlisted.ts';
import { vite } from './vite.ts';

/** A framework whose configuration names the folder under one key. */
const folderFrom =
  (configs: readonly string[], key: string): FrameworkRule =>
  (site) => {
    const folder = site.config(...configs).folder(key) ?? site.framework.directory;
    return { outputs: folder === null ? [] : [folder] };
  };

/** build-info's own answer. */
export const byDefault = (site: Site): Output => ({
  outputs: site.framework.directory === null ? [] : [site.framework.directory.replace(/\/+$/, '')],
});

/** A framework that can also render on a server, and whose server has no packager. */
const filesOnly: FrameworkRule = (site) => {
  const { outputs } = byDefault(site);
  const text = `Only the files in ${outputs[0]} are published: ${site.framework.name} can also render on a server, which AppFlux can’t run.`;
  return { outputs, reasons: [{ about: 'framework', text }] };
};

/** Gulp runs a task `build` only where its file has one: https://gulpjs.com/docs/en/getting-started/creating-tasks */
const gulp: FrameworkRule = (site) => {
  const path = ['gulpfile.js', 'gulpfile.mjs', 'gulpfile.cjs', 'gulpfile.ts', 'gulpfile.babel.js'].find(
    (name) => site.has(name),
  );
  const text = path === undefined ? '' : (site.tree.text(joinPath(site.folder, path)) ?? '');
  const isMissing = path !== undefined && text !== '' && !/\bbuild\b/.test(text);
  if (site.buildScript !== '' || !isMissing) return byDefault(site);
  return {
    refusal: `${joinPath(site.folder, path)} has no task called build, and package.json no build script.`,
    hint: 'Add a "build" script to package.json that runs the right task. If the pages are in a folder of the source, such as www, set the root directory of the app to it.',
    searchBelow: true,
  };
};

/** By build-info's id. What is not here is as build-info says. */
export const FRAMEWORK_RULES: ReadonlyMap<string, FrameworkRule> = new Map([
  ...UNLISTED_RULES,
  ['analog', filesOnly],
  ['angular', angular],
  ['astro', astro],
  ['blitz', serverOnly],
  ['docusaurus', docusaurus],
  ['eleventy', folderFrom(['.eleventy', 'eleventy.config'], 'output')],
  ['expo', expo],
  ['gridsome', folderFrom(['gridsome.config'], 'outputDir')],
  ['gulp', gulp],
  ['hono', serverOnly],
  ['hydrogen', serverOnly],
  ['mastra', serverOnly],
  ['next', next],
  ['nuxt', nuxt],
  ['qwik', qwik],
  ['react-router', reactRouter],
  ['redwoodjs', redwood],
  ['remix', remix],
  ['solid-js', vite],
  ['solid-start', solidStart],
  ['svelte-kit', svelteKit],
  ['tanstack-router', vite],
  ['tanstack-start', tanStackStart],
  ['vike', filesOnly],
  ['vite', vite],
  ['vitepress', vitePress],
  ['vue', folderFrom(['vue.config'], 'outputDir')],
  ['vuepress', vuePress],
  ['waku', filesOnly],
]);
