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
  MkDocs: {
    files: { 'mkdocs.yml': 'site_name: x', 'docs/index.md': '', 'requirements.txt': 'mkdocs-material' },
    message: 'This is a MkDocs site, and the web builder has no MkDocs.',
    hint: '(site)',
  },
  'MkDocs with an image of its own': {
    settings: { image: 'registry.example/mkdocs:1' },
    files: { 'mkdocs.yml': '', 'docs/index.md': '' },
    plan: { framework: 'mkdocs', buildCommand: 'mkdocs build', outputs: ['site'] },
  },
  Sphinx: {
    files: { 'source/conf.py': '', 'source/index.rst': '', Makefile: '' },
    message: 'This is a Sphinx site, and the web builder has no Sphinx.',
    hint: 'Set an image that has Sphinx',
  },
  mdBook: {
    files: { 'book.toml': '', 'src/SUMMARY.md': '' },
    message: 'This is a mdBook site, and the web builder has no mdBook.',
    hint: '(book)',
  },
  'Leptos or Yew with Trunk, which an index.html does not make a finished site': {
    files: {
      'Cargo.toml': '',
      'Trunk.toml': '',
      'index.html': '<link data-trunk rel="rust"/>',
      'src/main.rs': '',
    },
    message: 'the web builder has no Trunk (Rust)',
    hint: '(dist)',
  },
  'Pelican as the framework of the App, with its image': {
    settings: { image: 'registry.example/pelican:1', framework: 'Pelican' },
    files: { 'pelicanconf.py': '' },
    plan: { framework: 'pelican', buildCommand: 'pelican content', outputs: ['output'] },
  },
};
