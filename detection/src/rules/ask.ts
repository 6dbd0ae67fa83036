/** Runs the rules and orders their answers. */
import { DetectionFailure } from '../failure.ts';
import { RULES } from './index.ts';
import type { Finding, Outcome, Refusal, Rule, Subject } from './rule.ts';
import { webRule } from './web/index.ts';
import { findInWorkspace } from './workspace-app.ts';

/** The answer of a rule that recognized the project. */
export interface Answer {
  readonly rule: Rule;
  readonly outcome: Finding | Refusal;
}

/** The ids of frameworks that a rule of ours knows by itself, without build-info. */
export const OWN_FRAMEWORKS: readonly string[] = RULES.flatMap(({ frameworks }) => frameworks);

/** "React Native", "react-native" and "reactnative" are the same. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The rules that can make the type that is set, and know the framework that is set. */
export function rulesFor({ type, framework }: Pick<Subject, 'type' | 'framework'>): Rule[] {
  const rules = RULES.filter((rule) => type === null || rule.types.includes(type));
  if (framework === null) return rules;
  const named = rules.filter((rule) => rule.frameworks.some((id) => plain(id) === plain(framework)));
  // Whatever is none of ours is looked up among the frameworks for the web, which says so if it is none either.
  return named.length > 0 ? named : rules.filter((rule) => rule === webRule);
}

/**
 * What the rules answer, the one that decides first; none if no rule knows the project.
 * @throws {DetectionFailure} `settings_invalid` if the app is set to a framework that the source does not fit, or
 * that does not make its type.
 */
export async function ask(subject: Subject): Promise<Answer[]> {
  const answers: Answer[] = [];
  const rules = rulesFor(subject);
  for (const rule of rules) {
    const outcome = await find(rule, subject);
    if (outcome !== null) answers.push({ rule, outcome });
  }
  if (subject.framework !== null && answers.length === 0) throw unfit(subject, rules);
  return answers;
}

/** The web rule knows workspaces by itself: of several sites it may not just take one. */
export const find = async (rule: Rule, subject: Subject): Promise<Outcome> =>
  (await rule.find(subject)) ?? (rule === webRule ? null : findInWorkspace(rule, subject));

function unfit({ framework, type }: Subject, rules: readonly Rule[]): DetectionFailure {
  const own = OWN_FRAMEWORKS.find((id) => plain(id) === plain(framework ?? ''));
  const message =
    rules.length === 0
      ? `The app’s framework is ${own ?? 'a web framework'}, which can’t build an app of type ${type}.`
      : `The app’s framework is ${own ?? 'html'}, but the source doesn’t match it.`;
  return new DetectionFailure('settings_invalid', message, {
    hint: 'Set the framework of the app to auto-detect.',
  });
}
