/** Sites of Jekyll as people have them on GitHub Pages, each built by a real runner in the sites image. */
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { ensureImages } from '../../e2e/kinds/container.ts';
import { type Situation, SituationBench } from './testing/situations.ts';

vi.setConfig({ testTimeout: 240_000 });

let bench: SituationBench;

beforeAll(async () => {
  await ensureImages('sites');
  bench = await SituationBench.open();
}, 600_000);
afterAll(() => bench.close());

const LAYOUT =
  '<html><head><link rel="stylesheet" href="{{ \'/a.css\' | relative_url }}"></head>{{ content }}</html>';

const SITES: Readonly<Record<string, Situation>> = {
  'a README and a configuration with a base path': {
    zip: {
      '_config.yml': 'title: Hi\nbaseurl: /my-repo\n',
      'README.md': '# My project\n\nSee [more](more.md).\n',
      'more.md': '# More\n',
    },
    log: [
      'none is set, so minima is used',
      'asks for its files below "/my-repo/", so the site answers there, too.',
    ],
    site: {
      'index.html': /<title>My project \| Hi<\/title>[\s\S]*href="\/my-repo\/more\.html"/,
      'more.html': '<h1',
      'assets/main.css': '.site-header',
    },
  },
  'plugins of a Gemfile that Bundler could not resolve, a post, and a folder of its own': {
    zip: {
      '_config.yml': 'url: https://x.example\ndestination: ./web\n',
      Gemfile: 'gem "jekyll", "~> 99.0"\ngroup :jekyll_plugins do\n  gem "jekyll-sitemap"\nend\n',
      'Gemfile.lock': 'GEM\n  specs:\n    jekyll (99.0.0)\n',
      '_layouts/page.html': LAYOUT,
      'index.html': '---\nlayout: page\n---\n{% for post in site.posts %}{{ post.title }}{% endfor %}',
      '_posts/2026-01-02-first.md': '---\ntitle: First post\n---\n',
    },
    log: ['None are installed.'],
    site: { 'index.html': 'First post', 'sitemap.xml': 'https://x.example/2026/01/02/first.html' },
  },
  'commands that others need, and a time zone': {
    zip: {
      '_config.yml': 'timezone: Asia/Tokyo\n',
      Gemfile: 'gem "jekyll", "~> 99.0"\n',
      'Gemfile.lock': 'GEM\n  specs:\n    jekyll (99.0.0)\n',
      '_layouts/default.html': '{{ content }}',
      'index.html': '---\n---\n{{ site.time | date: "%z" }}',
    },
    build: { installCommand: 'bundle install', buildCommand: 'bundle exec jekyll build' },
    log: ['no gems are installed'],
    site: { 'index.html': '+0900' },
  },
  'a copy of a theme’s repository': {
    zip: {
      '_config.yml': 'theme: our-theme\n',
      Gemfile: 'gemspec\n',
      'our-theme.gemspec':
        'Gem::Specification.new do |s|\n s.name = "our-theme"\n s.version = "1"\n s.summary = "x"\n s.authors = ["x"]\n s.add_runtime_dependency "jekyll-seo-tag"\nend\n',
      '_layouts/default.html': '{% seo %}{{ content }}',
      'index.md': '---\nlayout: default\ntitle: Ours\n---\n',
    },
    site: { 'index.html': '<title>Ours' },
  },
  'a plugin of the project’s own, which runs in the build': {
    zip: {
      '_config.yml': '',
      '_plugins/who.rb':
        'Jekyll::Hooks.register(:site, :post_write) { |site| File.write(File.join(site.dest, "who.txt"), Process.uid.to_s) }',
      '_layouts/default.html': '{{ content }}',
      'index.md': 'Hi',
    },
    site: { 'who.txt': /^10001$/ },
  },
};

const FAILURES: Readonly<Record<string, Situation>> = {
  'a tag that no plugin has': {
    zip: { '_config.yml': '', '_layouts/default.html': '', 'index.md': '---\n---\n{% nowhere %}\n' },
    fails: /Unknown tag 'nowhere' in index\.md .*No plugin that is loaded defines the tag nowhere/,
    silent: ['document.rb'],
  },
  'a Gemfile that is no Ruby': {
    zip: { '_config.yml': '', Gemfile: 'gm "x"\n', 'index.md': '' },
    fails: /Gemfile: .*Undefined local variable or method `gm'/,
  },
  'an error in a plugin of its own': {
    zip: { '_config.yml': '', '_plugins/a.rb': 'raise "out of paper"\n', 'index.md': '' },
    fails: /Error: out of paper/,
    silent: ['liquid/'],
  },
  'a gem that a plugin of its own requires': {
    zip: { '_config.yml': '', '_plugins/a.rb': 'require "rmagick"\n', 'index.md': '' },
    fails: /cannot load such file -- rmagick .*builds can’t install gems/,
  },
  'a theme that no image has': {
    zip: { '_config.yml': 'theme: jekyll-theme-cayman', 'index.md': '' },
    fails: /theme "jekyll-theme-cayman", and no builder image has it/,
  },
};

describe('a site of Jekyll', () => {
  test.each(Object.entries(SITES))('is built: %s', (_, situation) => bench.check(situation));
  test.each(Object.entries(FAILURES))('fails with its reason: %s', (_, situation) => bench.check(situation));
});
