/** What a source is and how it is built. Pure: nothing here reads files or needs Node, so a browser runs it too. */
export { type Candidate, type Candidates, findCandidates } from './candidates.ts';
export { CRON_HINT, cronProblem } from './cron-expression.ts';
export { type Data, parseYaml } from './data-text.ts';
export { type Decision, type DetectSettings, decide } from './decide.ts';
export { DetectionFailure } from './failure.ts';
export { compileGlob, type Glob } from './glob.ts';
export * from './images.ts';
export { MANIFEST_BYTES, MANIFEST_NAME, parseManifest } from './manifest.ts';
export { JEKYLL_GEMS } from './rules/web/jekyll-gems.ts';
export {
  BASE_PATH_BYTES,
  basePathOf,
  basePathRule,
  type CompiledSiteRules,
  compileSiteRules,
  defaultSpaFallback,
  SITE_RULE_FILES,
  SITE_RULES_BYTES,
  type SiteRuleLevel,
  type SiteRuleProblem,
  type SiteRuleSources,
} from './site-rules/index.ts';
export { chooseVersion } from './tag-version.ts';
export { joinPath, type NodeKind, SourceTree, treeFromTexts, type WantedText, wantedText } from './tree.ts';
export type { ManagerVersion } from './versions/manager-version.ts';
export { nodeRange } from './versions/node-range.ts';
