/** Asks the rules, and puts what they answer into an order. */
import type { AppType } from '@appflux/protocol';
import { JobFailure } from '../../step.ts';
import { RULES } from './index.ts';
import type { Finding, Outcome, Refusal, Rule, Subject } from './rule.ts';
import { webRule } from './web/index.ts';
import { findInWorkspace } from './workspace-app.ts';

/** What a rule answered that knows the project. */
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
 * @throws {JobFailure} `settings_invalid` if the App is set to a framework that the source does not fit, or
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
const find = async (rule: Rule, subject: Subject): Promise<Outcome> =>
  (await rule.find(subject)) ?? (rule === webRule ? null : findInWorkspace(rule, subject));

function unfit({ framework, type }: Subject, rules: readonly Rule[]): JobFailure {
  const own = OWN_FRAMEWORKS.find((id) => plain(id) === plain(framework ?? ''));
  const message =
    rules.length === 0
      ? `The App's framework is ${own ?? 'one for the web'}, which does not make an App of type ${type}.`
      : `The App's framework is ${own ?? 'html'}, and the source does not fit it.`;
  return new JobFailure('settings_invalid', message, {
    hint: 'Leave the framework of the App empty: then it is detected.',
  });
}

/** What else a project could be built as, beside what decides. */
export interface Alternative {
  readonly type: AppType;
  readonly framework: string | null;
}

/** Every way to build the project but the chosen one: by other rules, and by the same rule for other types. */
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
    ways.set(`${type} ${framework}`, { type, framework });
  }
  const own = chosen?.outcome;
  if (own !== undefined && !('refusal' in own)) ways.delete(`${own.type} ${own.framework}`);
  return [...ways.values()];
}

/** How to choose an alternative, as a sentence. */
export function howToChoose({ type, framework }: Alternative, chosenType: AppType | null): string {
  const name = framework === null ? 'without a framework' : `with ${framework}`;
  return type === chosenType
    ? `It could also be built ${name}: set the framework of the App to "${framework ?? 'html'}".`
    : `It could also be built as ${type} ${name}: set the type of the App to "${type}".`;
}
