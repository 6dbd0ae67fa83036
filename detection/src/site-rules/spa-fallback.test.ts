import { describe, expect, it } from 'vitest';
import { defaultSpaFallback } from './spa-fallback.ts';

const ofVite = ['index.html', 'assets/index-Ab12.js', 'favicon.ico'];

describe('the fallback of single-page apps', () => {
  it.each(['vite', 'create-react-app', 'angular', 'Vue', 'svelte-kit', 'expo', 'flutter'])(
    'is on for the one page of %s',
    (framework) => {
      expect(defaultSpaFallback({ framework, paths: ofVite })).toBe(true);
      expect(defaultSpaFallback({ framework, paths: [...ofVite, '200.html'] })).toBe(true);
    },
  );

  it.each(['404.html', 'about.html', 'docs/index.html', 'old.htm'])('is off beside the page %s', (page) => {
    expect(defaultSpaFallback({ framework: 'vite', paths: [...ofVite, page] })).toBe(false);
    expect(defaultSpaFallback({ framework: null, paths: [...ofVite, page] })).toBe(false);
  });

  it.each(['astro', 'next', 'hugo', 'docusaurus', 'eleventy', 'mkdocs', 'html'])(
    'is off for %s',
    (framework) => {
      expect(defaultSpaFallback({ framework, paths: ofVite })).toBe(false);
    },
  );

  it('needs a script if the framework is unknown, and an index.html in any case', () => {
    expect(defaultSpaFallback({ framework: null, paths: ofVite })).toBe(true);
    expect(defaultSpaFallback({ framework: null, paths: ['index.html', 'style.css'] })).toBe(false);
    expect(defaultSpaFallback({ framework: 'vite', paths: ['app/index.html', 'a.js'] })).toBe(false);
    expect(defaultSpaFallback({ framework: 'vite', paths: [] })).toBe(false);
  });
});
