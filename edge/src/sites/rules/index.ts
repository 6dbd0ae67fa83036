/** Redirects, rewrites and headers of sites. Pure: takes the rules and what is known of a request. */
export { applySiteHeaders, headersFor, type SiteHeader } from './headers.ts';
export { matchSiteRules, type SiteLookup, type SiteRequest, type SiteRuleMatch } from './match.ts';
