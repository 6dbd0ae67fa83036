/** The Android modules of a Gradle build. */
import { insidePath, joinPath, type SourceTree } from '../tree.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { type AskedJava, askedJava } from './java.ts';
import {
  androidPluginVersion,
  appliedPlugins,
  includedModules,
  namesInBlock,
  projectFolders,
  scriptText,
  versionName,
} from './script-text.ts';

/** A module that is an Android application. */
export interface AndroidModule {
  /** As Gradle calls it, such as `:app`; '' for the build's own top. */
  readonly path: string;
  /** Relative to the Gradle build's folder; '' for its top. */
  readonly folder: string;
  readonly flavors: readonly string[];
  readonly version: string | null;
}

export interface GradleBuild {
  /** Relative to the source's top. */
  readonly folder: string;
  /** The settings, else the build script: the file by which it was recognized. */
  readonly file: string;
  readonly settings: string;
  /** Whether anything in it is Android's. */
  readonly isAndroid: boolean;
  /** The modules that make an app, the likeliest first. */
  readonly applications: readonly AndroidModule[];
  readonly pluginVersion: string | null;
  /** Whether the project brings the Gradle that it wants. */
  readonly hasWrapper: boolean;
  readonly java: AskedJava | null;
}

const SETTINGS = ['settings.gradle.kts', 'settings.gradle'];
const SCRIPTS = ['build.gradle.kts', 'build.gradle'];

/** The Gradle build in a folder, or null if there is none. */
export function readGradleBuild(tree: SourceTree, folder: string): GradleBuild | null {
  const settingsFile = tree.firstFile(folder, SETTINGS);
  const rootFile = tree.firstFile(folder, SCRIPTS);
  const file = settingsFile ?? rootFile;
  if (file === null) return null;
  const settings = scriptText(settingsFile === null ? null : tree.text(settingsFile));
  const rootScript = scriptText(rootFile === null ? null : tree.text(rootFile));
  const catalog = readCatalog(tree.text(joinPath(folder, 'gradle/libs.versions.toml')));
  const applications: AndroidModule[] = [];
  const scripts = new Map([[file, settings]]);
  const folders = projectFolders(settings);
  let isAndroid = false;
  for (const path of ['', ...includedModules(settings)]) {
    const inside = moduleFolder(folders, path);
    const scriptFile = inside === null ? null : tree.firstFile(joinPath(folder, inside), SCRIPTS);
    if (inside === null || scriptFile === null) continue;
    const script = path === '' ? rootScript : scriptText(tree.text(scriptFile));
    scripts.set(scriptFile, script);
    const kind = androidKind(script, catalog);
    isAndroid ||= kind !== null;
    if (kind === 'application') applications.push(describe(path, inside, script, catalog));
  }
  return {
    folder,
    file,
    settings,
    isAndroid,
    applications: applications.sort((a, b) => rank(a) - rank(b)),
    pluginVersion:
      androidPluginVersion(rootScript) ??
      androidPluginVersion(settings) ??
      catalog.pluginById('com.android.application')?.version ??
      null,
    hasWrapper: [
      'gradlew',
      'gradle/wrapper/gradle-wrapper.jar',
      'gradle/wrapper/gradle-wrapper.properties',
    ].every((name) => tree.isFile(joinPath(folder, name))),
    java: askedJava(tree, folder, scripts),
  };
}

function moduleFolder(folders: ReadonlyMap<string, string>, path: string): string | null {
  return insidePath('', folders.get(path) ?? path.replaceAll(':', '/').replace(/^\//, ''));
}

/** Whether a module's script makes an application, or anything else of Android's. */
function androidKind(script: string, catalog: Catalog): 'application' | 'other' | null {
  const { ids, accessors } = appliedPlugins(script);
  const known = accessors.map((accessor) => catalog.plugin(accessor)?.id ?? accessor);
  const all = [...ids, ...known].map((id) => id.toLowerCase());
  // Convention plugins of a project's own are named after what they stand for, such as `acme.android.application`.
  if (all.some((id) => /(?:^|\.)android[.-]application(?:$|\.)/.test(id))) return 'application';
  if (/(?:^|\n)[ \t]{0,40}applicationId[ \t=(]/.test(script)) return 'application';
  return all.some((id) => /(?:^|\.)android(?:\.|$)/.test(id)) ? 'other' : null;
}

function describe(path: string, folder: string, script: string, catalog: Catalog): AndroidModule {
  const version = versionName(script);
  return {
    path,
    folder,
    flavors: namesInBlock(script, 'productFlavors'),
    version: version === null ? null : 'text' in version ? version.text : catalog.version(version.accessor),
  };
}

const USUAL = ['app', 'mobile', 'phone', 'androidapp', 'composeapp', 'android', 'application'];
const SECONDARY = /wear|watch|tv|automotive|demo|sample|example|benchmark|catalog|playground|test/i;

/** How likely a module is the one that is meant; less is likelier. */
function rank({ path }: AndroidModule): number {
  const name = path.slice(path.lastIndexOf(':') + 1).toLowerCase();
  const usual = USUAL.indexOf(name);
  if (usual !== -1) return usual;
  return SECONDARY.test(name) ? USUAL.length + 1 : USUAL.length;
}
