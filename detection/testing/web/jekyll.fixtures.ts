/** Sites of Jekyll, most of which were made for GitHub Pages: what is built with the image's gems, and what is refused. */
import { type Fixture, type Fixtures, pkg, type SourceFiles } from '../fixture.ts';

const refused = (files: SourceFiles, message: string, hint: string): Fixture => ({ files, message, hint });

const STARTER = `source "https://gems.example"
# gem "jekyll-nowhere", group: :jekyll_plugins
gem "jekyll", "~> 4.4.1"
gem "minima", "~> 2.5"
group :jekyll_plugins do
  gem "jekyll-feed", "~> 0.12"
  platforms :mswin do
    gem "jekyll-for-windows"
  end
end
platforms :mingw, :x64_mingw, :mswin, :jruby do
  gem "tzinfo", ">= 1", "< 3"
  gem "tzinfo-data"
end
gem "wdm", "~> 0.1", :platforms => [:mingw, :x64_mingw, :mswin], :group => :jekyll_plugins
gem "html-proofer"
`;

export const jekyllFixtures: Fixtures = {
  'the starter of Jekyll': {
    files: {
      '_config.yml': 'theme: minima\nplugins:\n  - jekyll-feed\n',
      Gemfile: STARTER,
      'index.markdown': '---\nlayout: home\n---\n',
      '_posts/2026-01-01-welcome.markdown': '',
    },
    plan: {
      type: 'web',
      framework: 'jekyll',
      image: 'appflux/sites-builder',
      packageManager: null,
      installCommand: null,
      buildCommand: 'jekyll build',
      outputs: ['_site'],
    },
    because: [
      'Image: appflux/sites-builder, which has Jekyll.',
      'Gems: those of the image in its versions, for the plugins of the Gemfile and of the configuration. None are installed.',
    ],
  },
  'a README with a configuration, as GitHub Pages takes it': {
    files: { '_config.yml': 'title: Hi', 'README.md': '# Hi' },
    plan: { framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['_site'] },
    because: [
      'Plugins: those of the configuration and those that GitHub Pages enables, because there is no Gemfile.',
    ],
  },
  'the bundle of GitHub Pages': {
    files: { '_config.yml': '', Gemfile: "gem 'github-pages', group: :jekyll_plugins", 'index.md': '' },
    plan: { framework: 'jekyll' },
  },
  'a folder of its own': {
    files: { '_config.yml': 'destination: ./public/site/', 'index.md': '' },
    plan: { buildCommand: 'jekyll build', outputs: ['public/site'] },
  },
  'a configuration in TOML': {
    files: { '_config.toml': 'destination = "web"', 'index.md': '' },
    plan: { buildCommand: 'jekyll build', outputs: ['web'] },
  },
  'a folder outside of the project': {
    files: { '_config.yml': 'destination: ../www', 'index.md': '' },
    plan: { buildCommand: 'jekyll build --destination _site', outputs: ['_site'] },
  },
  'the project itself as the folder': {
    files: { '_config.yml': 'destination: .', 'index.md': '' },
    plan: { buildCommand: 'jekyll build --destination _site', outputs: ['_site'] },
  },
  'a base path, which is answered where it is published': {
    files: { '_config.yml': 'baseurl: /repo', 'index.md': '' },
    plan: { buildCommand: 'jekyll build', outputs: ['_site'] },
  },
  'static folders with pages of their own, which are parts of the site': {
    files: {
      '_config.yml': '',
      'index.md': '',
      'docs/index.html': '<h1>Docs</h1>',
      'public/index.html': '<h1>Public</h1>',
    },
    plan: { framework: 'jekyll', outputs: ['_site'] },
  },
  'a finished site beside its source': {
    files: { '_config.yml': '', 'index.md': '', '_site/index.html': '<h1>Done</h1>' },
    plan: { framework: null, buildCommand: null, outputs: ['_site'] },
  },
  'a start page with front matter': {
    files: { '_config.yml': '', 'index.html': '---\n---\n<h1>{{ site.title }}</h1>' },
    plan: { framework: 'jekyll' },
  },
  'a copy of a theme, which names itself': {
    files: {
      '_config.yml': 'theme: jekyll-theme-cayman',
      'jekyll-theme-cayman.gemspec': '',
      Gemfile: 'gemspec',
      '_layouts/default.html': '',
      'index.md': '',
    },
    plan: { framework: 'jekyll', outputs: ['_site'] },
  },
  'a script of package.json that calls it through Bundler': {
    files: {
      '_config.yml': '',
      'index.md': '',
      Gemfile: "gem 'jekyll'",
      'package.json': pkg({ prettier: '3.0.0' }, 'bundle exec jekyll build -d web'),
    },
    plan: { framework: 'jekyll', buildCommand: 'jekyll build -d web', outputs: ['web'] },
  },
  'tools of Node beside it': {
    files: {
      '_config.yml': 'destination: web',
      'index.md': '',
      'package.json': pkg({ prettier: '3.0.0' }),
    },
    plan: { framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['web'] },
  },
  'Jekyll as the framework of the app': {
    settings: { framework: 'Jekyll' },
    files: { '_config.yml': '', 'index.md': '', 'package.json': pkg({}) },
    plan: { framework: 'jekyll', image: 'appflux/sites-builder', buildCommand: 'jekyll build' },
  },
  'an image of its own, where Bundler has the versions': {
    settings: { image: 'registry.example/jekyll:1' },
    files: { '_config.yml': 'remote_theme: a/b', Gemfile: "gem 'jekyll'", 'index.md': '' },
    plan: {
      framework: 'jekyll',
      image: 'registry.example/jekyll:1',
      buildCommand: 'bundle exec jekyll build',
    },
  },
  'Jekyll whose build script compiles styles first': refused(
    {
      '_config.yml': '',
      'index.md': '',
      'package.json': pkg({}, 'webpack && bundle exec jekyll build', { private: true }),
    },
    'whose build script also runs "webpack", and no builder image has both Jekyll and Node',
    'set the build command to "jekyll build"',
  ),
  'a plugin that no image has': refused(
    { '_config.yml': 'plugins: [jekyll-feed, jemoji]', 'index.md': '' },
    'This is a Jekyll site with the plugin "jemoji", and no builder image has it.',
    'Remove it from the configuration and the Gemfile if the site works without',
  ),
  'plugins of the Gemfile and of an old configuration that no image has': refused(
    {
      '_config.yml': 'gems: [jekyll-x]',
      Gemfile: "gem('jekyll-y', git: 'https://git.example/y', group: [:test, :jekyll_plugins])",
      'index.md': '',
    },
    'with the plugins "jekyll-x", "jekyll-y", and no builder image has them.',
    'Builds install no gems.',
  ),
  'a plugin after a condition in its group': refused(
    {
      '_config.yml': '',
      Gemfile:
        "group :jekyll_plugins do\n  if ENV['X']\n    gem 'jekyll-feed'\n  end\n  gem 'jekyll-x'\nend\ngem 'jekyll-y'\n",
      'index.md': '',
    },
    'with the plugin "jekyll-x", and no builder image has it.',
    'Builds install no gems.',
  ),
  'a theme that no image has': refused(
    { '_config.yml': 'theme: jekyll-theme-cayman', 'index.md': '' },
    'This is a Jekyll site with the theme "jekyll-theme-cayman", and no builder image has it.',
    'Copy the theme’s folders (_layouts, _includes, _sass, assets) into the source and remove "theme"',
  ),
  'a remote theme': refused(
    { '_config.yml': 'remote_theme: mmistakes/minimal-mistakes@4.27.1', 'index.md': '' },
    'with the remote theme "mmistakes/minimal-mistakes@4.27.1", which Jekyll downloads from GitHub',
    'remove "remote_theme" from the configuration',
  ),
  'a configuration that is no mapping': {
    files: { '_config.yml': '- a\n- b', 'index.md': '' },
    plan: { framework: 'jekyll', outputs: ['_site'] },
  },
  'plugins and folders of other shapes': {
    files: {
      '_config.yml': 'plugins: { a: b }\ndestination: [x]\ntheme: 3\nremote_theme: {}',
      'index.md': '',
    },
    plan: { framework: 'jekyll', outputs: ['_site'] },
  },
  'a Gemfile of blocks without an end': {
    files: { '_config.yml': '', Gemfile: 'group :jekyll_plugins do\n'.repeat(2_000), 'index.md': '' },
    plan: { framework: 'jekyll' },
  },
};
