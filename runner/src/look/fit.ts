/** Makes the end of a look small enough for a frame. Pure. */
import { type LookFindings, utf8Bytes } from '@appflux/protocol';

/** The edge takes 64 KiB a frame. */
export const MAX_FINDINGS_BYTES = 56 * 1024;

/**
 * The findings, without what matters least until they have at most `most` bytes as JSON: reasons of the ways that are not
 * the default, then branches, then the last ways, then reasons of the default way.
 */
export function fitted(findings: LookFindings, most = MAX_FINDINGS_BYTES): LookFindings {
  const { branches, candidates } = findings;
  const { ways } = candidates;
  const withWays = (kept: LookFindings['candidates']['ways']) => ({
    ...findings,
    candidates: { ...candidates, ways: kept },
  });
  const brief = ways.map((way, index) => (index === 0 ? way : withoutReasons(way)));
  const tries: (() => LookFindings)[] = [
    () => findings,
    () => withWays(brief),
    () => ({ ...withWays(brief), branches: branches.slice(0, 10) }),
    ...[10, 5, 1].map((count) => () => ({
      ...withWays(brief.slice(0, count)),
      branches: branches.slice(0, 10),
    })),
    () => ({ ...withWays(ways.slice(0, 1).map(withoutReasons)), branches: [] }),
  ];
  for (const next of tries) {
    const candidate = next();
    if (utf8Bytes(JSON.stringify(candidate)) <= most) return candidate;
  }
  return { ...withWays([]), branches: [] };
}

const withoutReasons = (way: LookFindings['candidates']['ways'][number]) => ({
  ...way,
  plan: { ...way.plan, reasons: [] },
});
