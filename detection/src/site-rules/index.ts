/** Redirects, rewrites and headers of a site, from the files in which projects write them. Pure, and runs in a browser. */
export { BASE_PATH_BYTES, basePathOf, basePathRule } from './base-path.ts';
export {
  type CompiledSiteRules,
  compileSiteRules,
  SITE_RULE_FILES,
  SITE_RULES_BYTES,
  type SiteRuleSources,
} from './compile.ts';
export type { SiteRuleLevel, SiteRuleProblem } from './problem.ts';
export { defaultSpaFallback } from './spa-fallback.ts';
