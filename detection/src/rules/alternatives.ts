/** The alternatives to the deciding rule, and how to choose them. */
import type { AppType, BuildCandidate } from '@appflux/protocol';
import { listed } from '@appflux/protocol';
import { DetectionFailure } from '../failure.ts';
import { projectFolders } from '../nothing-found.ts';
import { choosePackageManager } from '../package-manager.ts';
import { packagesAbove } from '../packages-above.ts';
import { joinPath } from '../tree.ts';
import { type Answer, ask, find } from './ask.ts';
import type { Elsewhere, Finding, Refusal, Subject } from './rule.ts';
import { webRule } from './web/index.ts';

export interface Alternative {
  readonly type: AppType;
  readonly framework: string | null;
  /** The root directory that it needs, relative to the source's top; null where that is what it is. */
  readonly folder: string | null;
}

/** As many as a record holds. */
const MAX_ALTERNATIVES = 20;
/** Folders that are searched if the root directory has no project. */
const MAX_FOLDERS = 8;

/**
 * Every way to build the source but the chosen one: by other rules, by the same rule for other types, and in
 * other folders that it knows of; where nothing at the root directory decides, in folders below it.
 */
export async function alternatives(subject: Subject, answers: readonly Answer[]): Promise<Alternative[]> {
  const [chosen, ...others] = answers;
  const found = others.map(({ outcome }) => outcome);
  for (const type of subject.type === null && chosen !== undefined ? chosen.rule.types : []) {
    found.push((await find(chosen?.rule ?? webRule, { ...subject, type })) ?? { refusal: '', hint: '' });
  }
  const ways = new Map<string, Alternative>();
  for (const outcome of found) {
    if ('refusal' in outcome) continue;
    const { type, framework } = outcome;
    ways.set(`${type} ${framework}`, { type, framework, folder: null });
  }
  const own = chosen?.outcome;
  if (own !== undefined && !('refusal' in own)) {
    for (const framework of own.also ?? [])
      ways.set(`${own.type} ${framework}`, { type: own.type, framework, folder: null });
  }
  if (own !== undefined && !('refusal' in own)) ways.delete(`${own.type} ${own.framework}`);
  const elsewhere = isCertain(own)
    ? answers.flatMap(({ outcome }) => outcome.elsewhere ?? [])
    : await inSubfolders(subject, own !== undefined && 'outputs' in own ? own : undefined);
  const names = elsewhere.map(({ folder }) => folder);
  const inFolders = elsewhere.filter(({ folder }, index) => names.indexOf(folder) === index);
  return [...ways.values(), ...inFolders].slice(0, MAX_ALTERNATIVES);
}

/** Something at the root directory itself decides: not a folder below it that is merely published, and not nothing. */
function isCertain(own: Finding | Refusal | undefined): boolean {
  if (own === undefined) return false;
  if ('refusal' in own) return own.searchBelow !== true;
  return own.buildCommand !== null || own.server !== undefined || own.outputs[0] === '.';
}

async function inSubfolders(subject: Subject, published?: Finding): Promise<Elsewhere[]> {
  const found: Elsewhere[] = [];
  for (const within of projectFolders(subject.tree).slice(0, MAX_FOLDERS)) {
    if (published?.outputs.includes(within)) continue;
    const folder = joinPath(subject.tree.base, within);
    const [first] = await askIn(subject, folder);
    if (first === undefined || 'refusal' in first.outcome) continue;
    const { type, framework } = first.outcome;
    found.push({ folder, type, framework });
  }
  return found;
}

/** The answers of the rules for another folder; none where a file in it is unreadable. */
async function askIn(subject: Subject, folder: string): Promise<Answer[]> {
  const tree = subject.tree.from(folder);
  try {
    const packages = packagesAbove(tree);
    const { manager } = choosePackageManager({ tree, packages, variables: {} });
    return await ask({ ...subject, tree, packages, manager });
  } catch (error) {
    // Then it is not an alternative; the failure explains why the root directory cannot be built.
    if (error instanceof DetectionFailure) return [];
    throw error;
  }
}

/** How to choose alternatives, in sentences. `chosenType` is that of what is built, if anything is. */
export function howToChoose(found: readonly Alternative[], chosenType: AppType | null): string[] {
  const here = found
    .filter(({ folder }) => folder === null)
    .map(({ type, framework }) => {
      const name = framework === null ? 'without a framework' : `with ${framework}`;
      return type === chosenType
        ? `It could also be built ${name}: set the framework of the app to "${framework ?? 'html'}".`
        : `It could also be built as ${type} ${name}: set the type of the app to "${type}".`;
    });
  const folders = found.flatMap(({ folder }) => folder ?? []);
  if (folders.length === 0) return here;
  const which = folders.length === 1 ? 'it' : 'one of them';
  return [
    ...here,
    `There is also ${listed(folders, 8)}: to build ${which} instead, set the root directory of the app to its folder.`,
  ];
}

/**
 * Alternatives with the settings that choose each. What is set is the least that does, so that the rest goes on being
 * detected.
 */
export function asCandidates(found: readonly Alternative[], chosenType: AppType | null): BuildCandidate[] {
  const types = new Set(chosenType === null ? [] : [chosenType]);
  return found.map(({ type, framework, folder }) => {
    if (folder !== null)
      return { type, framework, set: { rootDirectory: folder, type: null, framework: null } };
    const isKnown = types.has(type);
    types.add(type);
    return {
      type,
      framework,
      set: {
        rootDirectory: null,
        type: type === chosenType ? null : type,
        framework: isKnown ? (framework ?? 'html') : null,
      },
    };
  });
}
