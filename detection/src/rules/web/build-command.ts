/** How a site with a package.json is built, and what its build script says of where it writes. */
import type { PackageManager } from '@appflux/protocol';
import type { Texts } from '../../package-json.ts';
import { runInWorkspace, runProgram, runScript } from '../../package-manager.ts';
import { because, type Reason } from '../../reason.ts';
import { insidePath } from '../../tree.ts';
import { whatRuns } from '../script-calls.ts';
import type { KnownFramework } from './build-info.ts';
import { compilesOnly, programsOf } from './build-programs.ts';
import type { Output } from './site.ts';

export interface BuildChoice {
  readonly command: string;
  /** The text of the script that the command runs, or '' for a program of the framework's. */
  readonly script: string;
  readonly reason: Reason;
}

/** Names of scripts that need no quoting in a shell. */
const PLAIN_NAME = /^[\w:.-]+$/;

/**
 * The build command: the script that the framework's rule names, else `build`, else one that runs the
 * framework's own command (such as `docs:build`), else that command itself. Null if there is no way to build.
 * @param folder of the workspace's package, or '' for the root directory itself.
 */
export function chooseBuild(
  scripts: Texts,
  framework: KnownFramework | null,
  output: Pick<Output, 'script' | 'buildCommand'>,
  manager: PackageManager,
  folder: string,
): BuildChoice | null {
  // build-info gives `npm run build` for frameworks that have no command of their own.
  const own =
    output.buildCommand ??
    (framework?.buildCommand?.startsWith('npm run ') ? null : framework?.buildCommand) ??
    null;
  const named = output.script === '' ? null : scriptFor(scripts, output.script ?? 'build', own);
  if (named !== null) {
    const run = folder === '' ? runScript(manager, named) : runInWorkspace(manager, folder, named);
    return {
      command: run,
      script: whatRuns(scripts, named),
      reason: because('build', `Build command: ${run}, from the scripts of package.json.`),
    };
  }
  if (own === null || framework === null) return null;
  const command = folder === '' ? runProgram(manager, own) : `cd ${folder} && ${runProgram(manager, own)}`;
  const reason = because('build', `Build command: ${command}, the default of ${framework.name}.`);
  return { command, script: '', reason };
}

function scriptFor(scripts: Texts, wanted: string, own: string | null): string | null {
  const usable = Object.keys(scripts).filter((name) => PLAIN_NAME.test(name));
  const calling = own === null ? undefined : usable.find((name) => scripts[name]?.includes(own));
  if ((scripts[wanted] ?? '').trim() === '') return calling ?? null;
  // The build of a library is another than that of the site about it.
  const isForOthers = calling !== undefined && calling !== wanted && compilesOnly(programsOf(scripts));
  return isForOthers ? calling : wanted;
}

/** Whether a command builds what renders on a server: https://vite.dev/guide/ssr.html#building-for-production */
export const forServer = (call: string): boolean => /\bvite build\b.*\s--ssr(?=[\s=]|$)/.test(call);

/** Options of bundlers that set the output folder. */
const OUTPUT_OPTION =
  /(?:^|\s)(?:--(?:outDir|outdir|out-dir|dist-dir|output-dir|output-path|dest)|BUILD_PATH|\beleventy\b.*--output|\b(?:rollup|parcel)\b.*\s(?:-d|--dir)|\bwebpack\b.*\s-o)[= ]["']?([\w@./-]+)/;
/** The file that esbuild or Rollup writes. */
const OUTPUT_FILE = /\b(?:esbuild|rollup)\b.*\s(?:--outfile|--file|-o)[= ]["']?([\w@./-]+)\/[\w@.-]+/;

/**
 * The folder that a script's text tells a program to write to, or null. A script may run several programs:
 * what counts is the last that is the framework's, or else the last of all.
 */
export function outputOption(script: string, framework: KnownFramework | null): string | null {
  const program = framework?.buildCommand?.split(' ')[0] ?? '';
  const calls = script.split(/&&|\|\||[;\n]/);
  const own = calls.filter((text) => program !== '' && text.includes(program));
  // What Vite builds for a server is no site.
  const call = own.findLast((text) => !forServer(text)) ?? own.at(-1) ?? calls.at(-1) ?? '';
  const folder = (OUTPUT_OPTION.exec(call) ?? OUTPUT_FILE.exec(call))?.[1];
  return folder === undefined ? null : insidePath('', folder);
}
