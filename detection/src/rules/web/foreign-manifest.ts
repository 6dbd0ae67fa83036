/** Servers and programs in other languages, by what their manifests depend on. */
import { parseToml, tableAt } from '../../data-text.ts';
import { joinPath } from '../../tree.ts';
import { ownPackage, type Refusal, type Subject } from '../rule.ts';

/** Packages that answer requests, by what their manifests call them. */
type Packages = Readonly<Record<string, string>>;

const PYTHON: Packages = {
  django: 'Django',
  fastapi: 'FastAPI',
  flask: 'Flask',
  litestar: 'Litestar',
  quart: 'Quart',
  sanic: 'Sanic',
  bottle: 'Bottle',
  falcon: 'Falcon',
  pyramid: 'Pyramid',
  'python-fasthtml': 'FastHTML',
  starlette: 'Starlette',
  tornado: 'Tornado',
  aiohttp: 'aiohttp',
  streamlit: 'Streamlit',
  gradio: 'Gradio',
  dash: 'Dash',
  reflex: 'Reflex',
  nicegui: 'NiceGUI',
};
/** A program of Python's: a list of packages alone may be that of a documentation's tools. */
const PYTHON_MAIN = [
  ...['app.py', 'main.py', 'server.py', 'run.py', 'wsgi.py', 'asgi.py', 'application.py', 'index.py'],
  ...['streamlit_app.py', 'src/main.py', 'src/app.py', 'app/main.py', 'app/app.py', 'app/__init__.py'],
  ...['src/__init__.py', 'api/index.py', 'api/main.py', 'backend/main.py', 'web/app.py'],
];
const GO: Packages = {
  'github.com/gin-gonic/gin': 'gin',
  'github.com/labstack/echo': 'Echo',
  'github.com/gofiber/fiber': 'Fiber',
  'github.com/go-chi/chi': 'chi',
  'github.com/gorilla/mux': 'gorilla/mux',
  'github.com/beego/beego': 'Beego',
  'github.com/kataras/iris': 'Iris',
  'github.com/revel/revel': 'Revel',
  'github.com/gobuffalo/buffalo': 'Buffalo',
  'github.com/pocketbase/pocketbase': 'PocketBase',
};
const RUBY: Packages = {
  rails: 'Rails',
  sinatra: 'Sinatra',
  hanami: 'Hanami',
  roda: 'Roda',
  grape: 'Grape',
};
const JAVA: Packages = {
  'spring-boot': 'Spring Boot',
  springframework: 'Spring',
  quarkus: 'Quarkus',
  micronaut: 'Micronaut',
  ktor: 'Ktor',
  javalin: 'Javalin',
  vertx: 'Vert.x',
  dropwizard: 'Dropwizard',
  'com.typesafe.play': 'Play',
  vaadin: 'Vaadin',
};
/** Crates that answer requests. */
const CRATES = ['axum', 'actix-web', 'rocket', 'warp', 'poem', 'salvo', 'tide', 'gotham', 'loco-rs', 'ntex'];

/** The server that a manifest shows beyond doubt, even with a page beside it; with its article. Null if there is none. */
export function managedServer(subject: Subject): string | null {
  return (
    javaServer(subject) ??
    dotnetServer(subject) ??
    pythonServer(subject) ??
    rubyServer(subject) ??
    goServer(subject)
  );
}

/** The program that a manifest shows where no front end is built beside it; with its article. Null if there is none. */
export function compiledProgram(subject: Subject): string | null {
  const { tree } = subject;
  const has = (name: string) => tree.isFile(joinPath(tree.base, name));
  const isHugo = ['hugo.toml', 'hugo.yaml', 'config.toml', 'config.yaml'].some(has);
  if (has('go.mod') && (has('main.go') || tree.isFolder(joinPath(tree.base, 'cmd'))) && !isHugo)
    return 'a Go program';
  const crate = crateOf(subject);
  if (crate !== null) return `a Rust server (${crate})`;
  return dotnetProject(subject) === null ? null : 'a .NET program';
}

const textOf = ({ tree }: Subject, ...names: readonly string[]): string =>
  names.map((name) => tree.text(joinPath(tree.base, name)) ?? '').join('\n');

/** The first package of a list that a text names as a word of its own. */
function named(packages: Packages, text: string): string | null {
  const found = Object.keys(packages).find((name) =>
    new RegExp(`(?<![\\w.-])${name.replaceAll('.', '\\.')}(?![\\w-])`, 'i').test(text),
  );
  return found === undefined ? null : (packages[found] ?? null);
}

/** https://maven.apache.org/guides/introduction/introduction-to-the-standard-directory-layout.html, Gradle's, too. */
function javaServer(subject: Subject): string | null {
  const { tree } = subject;
  const language = ['java', 'kotlin', 'scala', 'groovy'].find((name) =>
    tree.isFolder(joinPath(tree.base, 'src/main', name)),
  );
  const text = textOf(
    subject,
    'pom.xml',
    'build.gradle',
    'build.gradle.kts',
    'settings.gradle',
    'settings.gradle.kts',
  );
  if (language === undefined || text.trim() === '') return null;
  const framework = Object.keys(JAVA).find((name) => text.includes(name));
  return framework === undefined ? null : `a ${JAVA[framework]} (Java) server`;
}

/** The project file of .NET in the root directory, with its text; null if there is none. */
function dotnetProject({ tree }: Subject): string | null {
  const file = tree.names(tree.base).find((name) => /\.(?:cs|fs)proj$/.test(name));
  return file === undefined ? null : (tree.text(joinPath(tree.base, file)) ?? '');
}

/** https://learn.microsoft.com/aspnet/core/blazor/host-and-deploy/webassembly/: files alone, made by a tool that no image has. */
export const blazorSite = (subject: Subject): Refusal | null =>
  /\bSdk="Microsoft\.NET\.Sdk\.BlazorWebAssembly"/.test(dotnetProject(subject) ?? '') && !subject.hasOwnImage
    ? {
        refusal: 'This is a Blazor WebAssembly site, and no builder image has .NET.',
        hint: 'Set an image that has it in the app or in appflux.json with the build command "dotnet publish -c Release -o out" and the output out/wwwroot, or deploy that folder.',
      }
    : null;

const dotnetServer = (subject: Subject): string | null =>
  /\bSdk="Microsoft\.NET\.Sdk\.Web"/.test(dotnetProject(subject) ?? '') ? 'an ASP.NET Core server' : null;

function pythonServer(subject: Subject): string | null {
  const { tree } = subject;
  if (!PYTHON_MAIN.some((name) => tree.isFile(joinPath(tree.base, name)))) return null;
  const framework = named(PYTHON, textOf(subject, 'requirements.txt', 'pyproject.toml', 'Pipfile'));
  if (framework === null) return null;
  // Beside the pages of a front end, a program in Python is its API, or the tool of somebody's.
  return hasOwnPages(subject) ? null : `a ${framework} (Python) server`;
}

/** Whether a front end is built at the top: by a framework, or a bundler with a page there. */
function hasOwnPages(subject: Subject): boolean {
  const { tree } = subject;
  const pkg = ownPackage(subject);
  if (pkg === null) return false;
  const isPage = tree.isFile(joinPath(tree.base, 'index.html'));
  const folders = ['src', 'pages', 'app/routes', 'src/app', 'src/pages', 'components'];
  const isFramework = [
    'next',
    'nuxt',
    'astro',
    '@sveltejs/kit',
    '@angular/core',
    'react-scripts',
    'vite',
  ].some((name) => pkg.dependencies[name] !== undefined || pkg.devDependencies[name] !== undefined);
  return isFramework && (isPage || folders.some((name) => tree.isFolder(joinPath(tree.base, name))));
}

function rubyServer(subject: Subject): string | null {
  const gems = [...textOf(subject, 'Gemfile').matchAll(/^\s{0,20}gem[ (]+["']([\w-]{1,60})["']/gm)];
  const found = gems.find(([, gem = '']) => Object.hasOwn(RUBY, gem));
  return found === undefined ? null : `a ${RUBY[found[1] ?? '']} (Ruby) server`;
}

function goServer(subject: Subject): string | null {
  const { tree } = subject;
  const isProgram = tree.isFile(joinPath(tree.base, 'main.go')) || tree.isFolder(joinPath(tree.base, 'cmd'));
  const text = textOf(subject, 'go.mod');
  const name = isProgram ? Object.keys(GO).find((module) => text.includes(module)) : undefined;
  return name === undefined ? null : `a Go server (${GO[name]})`;
}

/** The crate by which a Rust program answers requests, or null. */
function crateOf(subject: Subject): string | null {
  const crates = tableAt(parseToml(textOf(subject, 'Cargo.toml')), 'dependencies');
  return CRATES.find((name) => crates?.[name] !== undefined) ?? null;
}
