/** From a tree and settings to a plan. Pure: no I/O, and nothing of Node. */
import type { AppType, BuildSettings, Manifest, Plan, SiteSettings, SizeBudget } from '@appflux/protocol';
import { printable } from '@appflux/protocol';
import { DetectionFailure } from './failure.ts';
import { compileGlob } from './glob.ts';
import { IMAGES } from './images.ts';
import { MANIFEST_NAME, parseManifest } from './manifest.ts';
import { nothingFound } from './nothing-found.ts';
import { packageVersion, versionText } from './package-json.ts';
import { choosePackageManager, runScript } from './package-manager.ts';
import { packagesAbove } from './packages-above.ts';
import { because, type Reason, type ReasonAbout } from './reason.ts';
import { type Alternative, alternatives, asCandidates, howToChoose } from './rules/alternatives.ts';
import { type Answer, ask, rulesFor } from './rules/ask.ts';
import { type Finding, ownPackage, type ServerUse, type Subject } from './rules/rule.ts';
import { likelyOutputs } from './rules/web/static-files.ts';
import { joinPath, type SourceTree } from './tree.ts';
import { chooseNode } from './versions/choose-node.ts';
import type { ManagerVersion } from './versions/manager-version.ts';

/** The app's settings. */
export interface DetectSettings {
  readonly type: AppType | null;
  readonly build: BuildSettings;
  /** Whether this instance runs the servers of sites; false unless set. */
  readonly servers?: boolean;
  /** The app's variables; those that ask for versions and flags count. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface Decision {
  readonly plan: Plan;
  /** Whether the app or appflux.json names the outputs; else they are where detection expects them. */
  readonly areOutputsSet: boolean;
  /** The version of the plan's package manager that the project wants; null leaves it to the image. */
  readonly managerVersion: ManagerVersion | null;
  /** The project's own version, or null. */
  readonly version: string | null;
  /** A command whose success means that there is nothing new to build, or null. */
  readonly ignoreCommand: string | null;
  /** How the output is published, as far as the project says it. */
  readonly site: SiteSettings;
  /** What a server of the site is given, as far as the project says it. */
  readonly server: Pick<Manifest, 'bindings' | 'crons'>;
  /** Limits for the size of what is published, as far as the project says it. */
  readonly budgets: readonly SizeBudget[];
}

/** A configured value, and where it was set. */
interface Setting<T> {
  readonly value: T;
  readonly by: string;
}

/** The record takes no more. */
const MAX_REASONS = 50;
const MAX_REASON = 500;

/**
 * Decides how a source is built: the app's settings first, then appflux.json (of the root directory, else of
 * the source's top), then what its files say.
 * @throws {DetectionFailure} `nothing_to_build`, with what was looked for and what to do; `ambiguous`, with what there is
 * to choose from; `settings_invalid` or
 * `source_invalid` for files that cannot be read.
 */
export async function decide(tree: SourceTree, settings: DetectSettings): Promise<Decision> {
  const reasons: Reason[] = [];
  const manifest = readManifest(tree, reasons);
  const { build } = settings;
  const type = pick(settings.type, manifest.type);
  const image = pick(build.image, manifest.image);
  const buildCommand = pick(build.buildCommand, manifest.buildCommand);
  const installCommand = pick(build.installCommand, manifest.installCommand);
  const outputs = pick(
    build.outputs.length > 0 ? build.outputs : null,
    manifest.outputs?.length ? manifest.outputs : undefined,
  );
  for (const output of outputs?.value ?? []) compileGlob(output);

  const packages = packagesAbove(tree);
  const sources = { tree, packages, variables: settings.variables ?? {} };
  const choice = choosePackageManager(sources);
  const subject: Subject = {
    tree,
    packages,
    manager: choice.manager,
    type: type?.value ?? null,
    framework: build.framework,
    hasOwnImage: image !== null,
    servers: serverUse(settings, manifest, outputs?.value ?? []),
    buildCommand: buildCommand?.value ?? null,
  };
  const answers = await ask(subject);
  const others = await alternatives(subject, answers);
  const finding = usable(answers, others, subject, { buildCommand, outputs });
  const needsInstall = packages.length > 0 && (finding.needsInstall || buildCommand !== null);
  const node = chooseNode({ app: build.node, manifest: manifest.node ?? null }, sources);
  const set: readonly Reason[] = [
    ...saying('type', 'Type', type),
    ...saying('image', 'Image', image),
    ...saying('install', 'Install command', installCommand),
    ...saying('build', 'Build command', buildCommand),
    ...saying(
      'output',
      'Output',
      outputs === null ? null : { value: outputs.value.join(', '), by: outputs.by },
    ),
  ];
  // A setting invalidates the detected reasons about the same subject.
  const overruled = new Set(set.map(({ about }) => about));
  const detected = [
    ...finding.reasons,
    ...(needsInstall ? choice.reasons : []),
    ...node.reasons,
    ...howToChoose(others, finding.type).map((text) => because('choice', text)),
  ];
  reasons.push(...detected.filter(({ about }) => !overruled.has(about)), ...set);

  return {
    plan: {
      type: type?.value ?? finding.type,
      framework: finding.framework,
      packageManager: packages.length > 0 ? choice.manager : null,
      image: image?.value ?? finding.image,
      node: node.node,
      ...(finding.java == null ? {} : { java: finding.java }),
      ...(finding.flutter == null ? {} : { flutter: finding.flutter }),
      installCommand:
        installCommand?.value ?? finding.installCommand ?? (needsInstall ? choice.installCommand : null),
      buildCommand: buildCommand?.value ?? finding.buildCommand,
      outputs: outputs?.value ?? outputsOf(finding, subject, buildCommand !== null),
      ...(finding.server !== undefined && { server: finding.server }),
      reasons: reasons.slice(0, MAX_REASONS).map(({ text }) => printable(text, MAX_REASON)),
      ...(others.length > 0 && { alternatives: asCandidates(others, finding.type) }),
    },
    areOutputsSet: outputs !== null,
    managerVersion: packages.length > 0 ? choice.version : null,
    version: versionText(finding.version ?? null) ?? packageVersion(packages[0]?.pkg ?? null),
    ignoreCommand: manifest.ignoreCommand ?? null,
    site: manifest.site ?? {},
    budgets: manifest.budgets ?? [],
    server: {
      ...(manifest.bindings !== undefined && { bindings: manifest.bindings }),
      ...(manifest.crons !== undefined && { crons: manifest.crons }),
    },
  };
}

/** The app's value, else the manifest's. */
function pick<T>(app: T | null, manifest: T | undefined): Setting<T> | null {
  if (app !== null) return { value: app, by: 'the app' };
  return manifest === undefined ? null : { value: manifest, by: MANIFEST_NAME };
}

/** Outputs that are set name the files to publish: then a server is no part of them. */
function serverUse({ servers }: DetectSettings, manifest: Manifest, outputs: readonly string[]): ServerUse {
  if (manifest.server === false || outputs.length > 0) return 'declined';
  if (servers !== true) return 'unavailable';
  return manifest.server === true ? 'wanted' : 'possible';
}

function saying(about: ReasonAbout, what: string, setting: Setting<string> | null): Reason[] {
  return setting === null
    ? []
    : [because(about, `${what}: ${setting.value}, because ${setting.by} says so.`)];
}

function readManifest(tree: SourceTree, reasons: Reason[]): Manifest {
  for (const folder of new Set([tree.base, ''])) {
    const path = joinPath(folder, MANIFEST_NAME);
    const text = tree.text(path);
    if (text === null) continue;
    reasons.push(because('settings', `Settings read from ${path}.`));
    return parseManifest(text);
  }
  return {};
}

/** The settings that can replace a rule's finding. */
interface SetManually {
  readonly buildCommand: Setting<string> | null;
  readonly outputs: Setting<string[]> | null;
}

/**
 * The finding that decides. Where no rule found anything, or the deciding rule refused, configured outputs mean that
 * the user knows better. A build command alone counts only where no rule refuses.
 */
function usable(
  answers: readonly Answer[],
  others: readonly Alternative[],
  subject: Subject,
  set: SetManually,
): Finding {
  const found = answers[0]?.outcome ?? null;
  if (found !== null && !('refusal' in found)) return found;
  const refusal = found ?? nothingFound(subject, rulesFor(subject));
  if (set.outputs === null && (found !== null || set.buildCommand === null)) {
    // Where there are several folders to choose from, the refusal itself has said so.
    const isOpen = refusal.searchBelow === true;
    const here = others.filter(({ folder }) => folder === null || isOpen);
    const hint = [refusal.hint, ...howToChoose(here, null)].join(' ');
    const code = (refusal.elsewhere ?? []).length > 1 ? 'ambiguous' : 'nothing_to_build';
    throw new DetectionFailure(code, refusal.refusal, { hint, candidates: asCandidates(others, null) });
  }
  const type = subject.type ?? answers[0]?.rule.types[0] ?? 'web';
  const text = `${refusal.refusal} Built anyway, as set by ${(set.outputs ?? set.buildCommand)?.by}.`;
  // Outputs name what the project's own build creates.
  const hasScript = (ownPackage(subject)?.scripts.build ?? '').trim() !== '';
  return {
    type,
    framework: null,
    image: IMAGES[type],
    needsInstall: true,
    buildCommand: hasScript ? runScript(subject.manager, 'build') : null,
    outputs: [],
    reasons: [because('framework', text)],
  };
}

/**
 * Where to look for what a build command of somebody's own makes: first where builds usually write, then
 * where the rule says.
 */
function outputsOf(finding: Finding, { tree }: Subject, hasOwnCommand: boolean): string[] {
  if (!hasOwnCommand || finding.buildCommand !== null || finding.server !== undefined)
    return [...finding.outputs];
  const made = likelyOutputs(tree, tree.base).filter((name) => !tree.isFolder(joinPath(tree.base, name)));
  return [...made, ...finding.outputs.filter((output) => !made.includes(output))];
}
