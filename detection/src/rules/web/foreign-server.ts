/**
 * Servers in other languages. Many have a front end or a folder of files in them, which is no site without the server:
 * so what a project is comes before what could be published of it.
 */
import { parseToml, tableAt } from '../../data-text.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import { ownPackage, type Refusal, type Subject } from '../rule.ts';

interface ForeignServer {
  /** With its article. */
  readonly name: string;
  /** One file or folder of each group has to be there. */
  readonly evidence: readonly (readonly string[])[];
}

const SERVERS: readonly ForeignServer[] = [
  { name: 'a Laravel (PHP) server', evidence: [['artisan'], ['composer.json']] },
  { name: 'a Symfony (PHP) server', evidence: [['bin/console'], ['composer.json']] },
  {
    name: 'a WordPress (PHP) site',
    evidence: [
      ['wp-config.php', 'wp-config-sample.php', 'wp-load.php', 'wp-content/plugins', 'wp-content/themes'],
    ],
  },
  {
    name: 'a WordPress (PHP) theme',
    evidence: [['functions.php'], ['style.css'], ['index.php', 'theme.json']],
  },
  { name: 'a PHP server', evidence: [['index.php', 'public/index.php'], ['composer.json']] },
  { name: 'a Rails (Ruby) server', evidence: [['bin/rails', 'config/application.rb'], ['Gemfile']] },
  { name: 'a Ruby server', evidence: [['config.ru'], ['Gemfile']] },
  { name: 'a Django (Python) server', evidence: [['manage.py']] },
  { name: 'a Phoenix (Elixir) server', evidence: [['mix.exs'], ['config/config.exs', 'lib']] },
];

/** Crates that answer requests. */
const CRATES = ['axum', 'actix-web', 'rocket', 'warp', 'poem', 'salvo', 'tide', 'gotham'];

/** The server in another language that the root directory is; null if it is none. */
export function foreignServer(subject: Subject): Refusal | null {
  const { tree } = subject;
  const name = SERVERS.find((server) => isThere(tree, server))?.name ?? compiledServer(subject);
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

/** Go and Rust are also the languages of tools beside a site: they count only where nothing builds a front end. */
function compiledServer(subject: Subject): string | null {
  const { tree } = subject;
  const has = (name: string) => tree.isFile(joinPath(tree.base, name));
  if (ownPackage(subject)?.scripts.build !== undefined || has('Trunk.toml') || has('index.html')) return null;
  const isHugo = ['hugo.toml', 'hugo.yaml', 'config.toml', 'config.yaml'].some(has);
  if (has('go.mod') && has('main.go') && !isHugo) return 'a Go program';
  const crates = tableAt(parseToml(tree.text(joinPath(tree.base, 'Cargo.toml')) ?? ''), 'dependencies');
  const crate = CRATES.find((name) => crates?.[name] !== undefined);
  return crate === undefined ? null : `a Rust server (${crate})`;
}
