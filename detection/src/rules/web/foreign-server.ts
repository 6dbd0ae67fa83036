/**
 * Servers in other languages. Many have a front end or a folder of files in them, which is no site without the server:
 * so what a project is comes before what could be published of it.
 */
import { joinPath, type SourceTree } from '../../tree.ts';
import { ownPackage, type Refusal, type Subject } from '../rule.ts';
import { blazorSite, compiledProgram, managedServer } from './foreign-manifest.ts';
import { isStylesOnly } from './styles-only.ts';

interface ForeignServer {
  /** With its article. */
  readonly name: string;
  /** One file or folder of each group has to be there. */
  readonly evidence: readonly (readonly string[])[];
}

/** Those that have a front end in them as a rule: it does not count, however it is built. */
const SERVERS: readonly ForeignServer[] = [
  { name: 'a Laravel (PHP) server', evidence: [['artisan'], ['composer.json']] },
  { name: 'a Symfony (PHP) server', evidence: [['bin/console'], ['composer.json']] },
  {
    name: 'a WordPress (PHP) site',
    evidence: [
      [
        'wp-config.php',
        'wp-config-sample.php',
        'wp-load.php',
        'wp-content/plugins',
        'wp-content/themes',
        'web/wp-config.php',
      ],
    ],
  },
  {
    name: 'a WordPress (PHP) theme',
    evidence: [['functions.php'], ['style.css'], ['index.php', 'theme.json']],
  },
  {
    name: 'a Drupal (PHP) site',
    evidence: [['core/lib/Drupal.php', 'web/core/lib/Drupal.php', 'web/sites/default']],
  },
  { name: 'a Magento (PHP) server', evidence: [['bin/magento']] },
  { name: 'a CodeIgniter (PHP) server', evidence: [['spark'], ['composer.json']] },
  { name: 'a CakePHP server', evidence: [['bin/cake', 'bin/cake.php'], ['composer.json']] },
  { name: 'a PHP server', evidence: [['index.php', 'public/index.php', 'web/index.php'], ['composer.json']] },
  { name: 'a Rails (Ruby) server', evidence: [['bin/rails', 'config/application.rb'], ['Gemfile']] },
  { name: 'a Ruby server', evidence: [['config.ru'], ['Gemfile']] },
  { name: 'a Django (Python) server', evidence: [['manage.py']] },
  { name: 'a Phoenix (Elixir) server', evidence: [['mix.exs'], ['config/config.exs', 'lib']] },
  {
    name: 'a Vapor (Swift) server',
    evidence: [['Package.swift'], ['Sources/App', 'Public', 'Resources/Views']],
  },
  { name: 'a Meteor app', evidence: [['.meteor/release', '.meteor/packages']] },
];

/** The server in another language that the root directory is; null if it is none. */
export function foreignServer(subject: Subject): Refusal | null {
  const { tree } = subject;
  if (blazorSite(subject) !== null) return null;
  const name =
    SERVERS.find((server) => isThere(tree, server))?.name ??
    managedServer(subject) ??
    (buildsFrontEnd(subject) ? null : (compiledProgram(subject) ?? phpSite(tree)));
  if (name === null) return null;
  const files = ownPackage(subject) === null ? 'html' : 'the one of its front end, such as "vite"';
  return {
    refusal: `This is ${name}, which AppFlux can’t run.`,
    hint: `To publish only its front end, set the root directory to that folder, or the framework of the app to ${files}.`,
    searchBelow: true,
  };
}

function isThere(tree: SourceTree, { evidence }: ForeignServer): boolean {
  const has = (name: string) => {
    const path = joinPath(tree.base, name);
    return tree.isFile(path) || tree.isFolder(path);
  };
  return evidence.every((names) => names.some(has));
}

/** Whether the root directory has the build of a front end, or a page, beside which a program may be a tool. */
function buildsFrontEnd(subject: Subject): boolean {
  const { tree } = subject;
  const build = ownPackage(subject)?.scripts.build ?? '';
  return (
    (build !== '' && !isStylesOnly(build)) ||
    ['Trunk.toml', 'index.html'].some((name) => tree.isFile(joinPath(tree.base, name)))
  );
}

/** Pages in PHP, without a framework. */
const phpSite = (tree: SourceTree): string | null =>
  tree.isFile(joinPath(tree.base, 'index.php')) ? 'a PHP site' : null;
