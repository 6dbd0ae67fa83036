import { type Fixtures, json, pkg } from '../fixture.ts';

export const pwaFixtures: Fixtures = {
  'a plain PWA': {
    files: { 'index.html': '', 'manifest.webmanifest': '{}', 'sw.js': '' },
    plan: { type: 'pwa', outputs: ['.'] },
    because: [
      'Type: pwa, because there is a web manifest (manifest.webmanifest) and a service worker (sw.js).',
    ],
  },
  'a PWA with its files in public': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'public/manifest.json': json({ name: 'x', start_url: '/' }),
      'public/service-worker.js': '',
    },
    plan: { type: 'pwa', framework: 'vite' },
  },
  'a PWA by a plugin': {
    files: { 'package.json': pkg({ vite: '8.0.0', 'vite-plugin-pwa': '1.0.0' }, 'vite build') },
    plan: { type: 'pwa' },
    because: ['Type: pwa, because the project depends on vite-plugin-pwa.'],
  },
  'no PWA: the manifest is a browser extension’s': {
    files: { 'index.html': '', 'manifest.json': json({ manifest_version: 3, icons: {} }), 'sw.js': '' },
    plan: { type: 'web' },
  },
  'no PWA: there is no service worker': {
    files: { 'index.html': '', 'site.webmanifest': '{}' },
    plan: { type: 'web' },
  },
  'a PWA of Angular': {
    files: {
      'package.json': pkg({ '@angular/cli': '20.0.0', '@angular/service-worker': '20.0.0' }, 'ng build'),
      'angular.json': '{"projects":{"app":{}}}',
    },
    plan: { type: 'pwa', framework: 'angular' },
  },
  'a PWA, when the app is a plain site': {
    type: 'web',
    files: { 'index.html': '', 'manifest.webmanifest': '{}', 'sw.js': '' },
    plan: { type: 'web', outputs: ['.'] },
  },
};
