import { type Fixtures, pkg } from '../fixture.ts';

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
  Hugo: {
    files: { 'hugo.toml': '', 'content/a.md': '' },
    plan: {
      framework: 'hugo',
      image: 'appflux/sites-builder',
      installCommand: null,
      buildCommand: 'hugo',
      outputs: ['public'],
    },
    because: ['Image: appflux/sites-builder, which has Hugo.'],
  },
  'Hugo with a folder of its own': {
    files: { 'hugo.toml': 'publishDir = "web"', 'content/a.md': '', 'docs/index.html': '<h1>Old</h1>' },
    plan: { framework: 'hugo', buildCommand: 'hugo', outputs: ['web'] },
  },
  'Hugo with a folder in YAML, and keys in lower case': {
    files: { 'config.yaml': 'publishdir: ./docs', 'content/a.md': '' },
    plan: { framework: 'hugo', buildCommand: 'hugo', outputs: ['docs'] },
  },
  'Hugo with hugo.yaml': {
    files: { 'hugo.yaml': 'publishDir: web', 'content/a.md': '' },
    plan: { framework: 'hugo', image: 'appflux/sites-builder', buildCommand: 'hugo', outputs: ['web'] },
    because: ['Framework: Hugo, because of hugo.yaml.'],
  },
  'Hugo with a folder outside of the project': {
    files: { 'config.json': '{"publishDir":"/var/www"}', 'content/a.md': '' },
    plan: { buildCommand: 'hugo --destination public', outputs: ['public'] },
  },
  'Hugo with a folder of its own and options of a script': {
    files: {
      'hugo.toml': 'publishDir = "web"',
      'content/a.md': '',
      'package.json': pkg({}, 'hugo --minify'),
    },
    plan: { buildCommand: 'hugo --minify', outputs: ['web'] },
  },
  'MkDocs with a folder of its own, and tags of Python': {
    files: {
      'mkdocs.yml': 'site_dir: web\nmarkdown_extensions:\n  - pymdownx.emoji:\n      g: !!python/name:a.b\n',
      'docs/index.md': '',
    },
    plan: { framework: 'mkdocs', buildCommand: 'mkdocs build', outputs: ['web'] },
  },
  'MkDocs with a folder outside of the project': {
    files: { 'mkdocs.yml': 'site_dir: ../site', 'docs/index.md': '' },
    plan: { buildCommand: 'mkdocs build --site-dir site', outputs: ['site'] },
  },
  'Hugo with modules that Go fetches': {
    files: { 'hugo.toml': '', 'content/a.md': '', 'go.mod': 'module x' },
    message: 'This is a Hugo site, and no builder image has Go, which downloads the modules in go.mod.',
    hint: '(public)',
  },
  Zola: {
    files: { 'config.toml': 'base_url = "x"', 'content/a.md': '', 'templates/index.html': '' },
    message: 'This is a Zola site',
    hint: '(public)',
  },
  Middleman: {
    files: { 'config.rb': '', 'source/index.html.erb': '', Gemfile: "gem 'middleman'" },
    message: 'This is a Middleman site, and no builder image has Middleman.',
    hint: 'Set an image that has it in the app or in appflux.json, or deploy the folder that Middleman creates (build).',
  },
  MkDocs: {
    files: { 'mkdocs.yml': 'site_name: x', 'docs/index.md': '', 'requirements.txt': 'mkdocs-material' },
    plan: {
      framework: 'mkdocs',
      image: 'appflux/sites-builder',
      installCommand: 'pip install -r requirements.txt',
      buildCommand: 'mkdocs build',
      outputs: ['site'],
    },
    because: ['Install command: pip install -r requirements.txt, because the file exists.'],
  },
  'MkDocs with what is in the image': {
    files: { 'mkdocs.yml': 'site_name: x', 'docs/index.md': '' },
    plan: { framework: 'mkdocs', installCommand: null, buildCommand: 'mkdocs build' },
  },
  'MkDocs with an image of its own': {
    settings: { image: 'registry.example/mkdocs:1' },
    files: { 'mkdocs.yml': '', 'docs/index.md': '' },
    plan: { framework: 'mkdocs', buildCommand: 'mkdocs build', outputs: ['site'] },
  },
  Sphinx: {
    files: { 'source/conf.py': '', 'source/index.rst': '', Makefile: '' },
    message: 'This is a Sphinx site, and no builder image has Sphinx.',
    hint: 'Set an image that has it',
  },
  mdBook: {
    files: { 'book.toml': '', 'src/SUMMARY.md': '' },
    message: 'This is a mdBook site, and no builder image has mdBook.',
    hint: '(book)',
  },
  'Leptos or Yew with Trunk, which an index.html does not make a finished site': {
    files: {
      'Cargo.toml': '',
      'Trunk.toml': '',
      'index.html': '<link data-trunk rel="rust"/>',
      'src/main.rs': '',
    },
    message: 'no builder image has Trunk (Rust)',
    hint: '(dist)',
  },
  'Pelican as the framework of the app, with its image': {
    settings: { image: 'registry.example/pelican:1', framework: 'Pelican' },
    files: { 'pelicanconf.py': '' },
    plan: { framework: 'pelican', buildCommand: 'pelican content', outputs: ['output'] },
  },
};
