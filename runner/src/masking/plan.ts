/** Masks a plan, field by field. Pure. */
import { IMAGES } from '@appflux/detection';
import type { BuildCandidate, Plan } from '@appflux/protocol';
import type { Mask } from './sentence.ts';

/** Names of AppFlux's own images, which are not masked. */
const OWN_IMAGES: ReadonlySet<string> = new Set(Object.values(IMAGES));

/** The lengths that the protocol allows, in UTF-16 units. A mask can be longer than what it hides. */
export const LONGEST = {
  message: 2000,
  reason: 500,
  value: 200,
  command: 2000,
  output: 512,
  pattern: 200,
  tool: 40,
  version: 60,
};

/** What happens to each field. */
export type Fields<Whole> = {
  readonly [Key in keyof Required<Whole>]: (value: NonNullable<Whole[Key]>) => Whole[Key];
};

/** Applies each field's masking; null and absent fields stay as they are. */
export function mapped<Whole extends object>(whole: Whole, fields: Fields<Whole>): Whole {
  const entries = Object.entries(whole).map(([key, value]) => {
    const change = fields[key as keyof Whole] as (value: unknown) => unknown;
    return [key, value === null || value === undefined ? value : change(value)];
  });
  return Object.fromEntries(entries) as Whole;
}

export const same = <Value>(value: Value): Value => value;

/** At most `longest` UTF-16 units of a text. */
export const limited = (text: string, longest: number): string => text.slice(0, longest);

/** Framework, type and manager are ids of AppFlux; the digest is the engine's. */
export const planFields = (mask: Mask): Fields<Plan> => {
  const value = (text: string) => limited(mask(text), LONGEST.value);
  const command = (text: string) => limited(mask(text), LONGEST.command);
  return {
    type: same,
    framework: same,
    packageManager: same,
    image: (image) => (OWN_IMAGES.has(image) ? image : value(image)),
    imageDigest: same,
    tools: (tools) =>
      Object.fromEntries(
        Object.entries(tools).map(([tool, version]) => [
          limited(mask(tool), LONGEST.tool),
          limited(mask(version), LONGEST.version),
        ]),
      ),
    node: (version) => limited(mask(version), LONGEST.tool),
    java: (version) => limited(mask(version), 10),
    flutter: (version) => limited(mask(version), LONGEST.tool),
    installCommand: command,
    buildCommand: command,
    outputs: (outputs) => outputs.map((output) => limited(mask(output), LONGEST.output)),
    server: ({ kind, entry, folder }) => {
      const path = (text: string) => limited(mask(text), LONGEST.output);
      return {
        kind,
        entry: entry === null ? null : path(entry),
        ...(folder !== undefined && { folder: path(folder) }),
      };
    },
    reasons: (reasons) => reasons.map((reason) => limited(mask(reason), LONGEST.reason)),
    alternatives: (alternatives) => maskedCandidates(alternatives, mask),
  };
};

/** Masks a plan, and cuts its texts to the lengths that the protocol allows. */
export const maskedPlan = (plan: Plan, mask: Mask): Plan => mapped(plan, planFields(mask));

/** Types and frameworks are ids of AppFlux; a folder is named by the source. */
export const maskedCandidates = (candidates: readonly BuildCandidate[], mask: Mask): BuildCandidate[] =>
  candidates.map(({ set, ...candidate }) => ({
    ...candidate,
    set: {
      ...set,
      rootDirectory: set.rootDirectory === null ? null : limited(mask(set.rootDirectory), LONGEST.output),
    },
  }));
