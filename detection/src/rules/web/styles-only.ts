/** Build scripts that make only the style sheets of pages that are made elsewhere. */

const STYLES =
  /^(?:(?:npx|pnpm exec|yarn|bunx|npm exec --)\s+)?(?:tailwindcss|@tailwindcss\/cli|postcss|sass|node-sass|lessc|stylus|lightningcss|unocss)\b/;

/** Whether every call of a script makes style sheets. */
export const isStylesOnly = (script: string): boolean =>
  script.split(/&&|;/).every((call) => STYLES.test(call.trim().replace(/^(?:\w+=\S*\s+)+/, '')));
