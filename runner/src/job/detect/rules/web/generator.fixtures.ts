import type { Fixtures } from '../../fixture.ts';

export const generatorFixtures: Fixtures = {
  'Hugo with an image of its own': {
    settings: { image: 'registry.example/hugo:1' },
    files: { 'hugo.toml': '', 'content/a.md': '' },
    plan: {
      framework: 'hugo',
      image: 'registry.example/hugo:1',
      buildCommand: 'hugo',
      outputs: ['public'],
      installCommand: null,
    },
  },
  'a Hugo site whose output is in the source': {
    files: { 'config.toml': 'baseURL = "x"', 'content/a.md': '', 'public/index.html': '' },
    plan: { framework: null, buildCommand: null, outputs: ['public'] },
  },
  'Hugo without Hugo': {
    files: { 'hugo.toml': '', 'content/a.md': '' },
    message: 'This is a Hugo site, and the web builder has no Hugo.',
    hint: 'Set an image that has Hugo',
  },
  Zola: {
    files: { 'config.toml': 'base_url = "x"', 'content/a.md': '', 'templates/index.html': '' },
    message: 'This is a Zola site',
    hint: '(public)',
  },
  Jekyll: {
    files: { '_config.yml': '', Gemfile: '', 'index.md': '' },
    message: 'This is a Jekyll site',
    hint: '(_site)',
  },
};
