/** The public pages' own style sheet: small, inline, light and dark, phone first. */

/** `hue` (0 to 359) colors what can be acted on. */
export const styleSheet = (hue: number): string =>
  compact(`
:root {
  color-scheme: light dark;
  --accent: light-dark(oklch(0.5 0.17 ${hue}), oklch(0.72 0.14 ${hue}));
  --on-accent: light-dark(#fff, oklch(0.17 0.03 ${hue}));
  --page: light-dark(oklch(0.975 0.006 ${hue}), oklch(0.16 0.012 ${hue}));
  --card: light-dark(#fff, oklch(0.205 0.014 ${hue}));
  --line: light-dark(oklch(0.91 0.008 ${hue}), oklch(0.3 0.016 ${hue}));
  --text: light-dark(oklch(0.22 0.015 ${hue}), oklch(0.94 0.006 ${hue}));
  --soft: light-dark(oklch(0.47 0.015 ${hue}), oklch(0.73 0.012 ${hue}));
  font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--page); color: var(--text); min-height: 100svh; display: flex; flex-direction: column; overflow-wrap: anywhere; }
main { width: 100%; max-width: 46rem; margin: 0 auto; padding: 1.25rem 1rem 2.5rem; flex: 1; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 1.25rem; padding: 1.5rem 1.25rem; }
.card + .card { margin-top: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
h2 { font-size: 1.05rem; letter-spacing: -0.005em; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 0.4rem; }
.soft { color: var(--soft); }
.head { display: flex; gap: 1rem; align-items: center; }
.head > div { min-width: 0; }
.icon { width: 4.75rem; height: 4.75rem; flex: none; }
.get { margin-top: 1.5rem; }
.site { margin-top: 1rem; font-weight: 600; }
.button {
  display: flex; align-items: center; justify-content: center; gap: 0.6rem; text-align: center;
  padding: 0.9rem 1.25rem; border-radius: 0.9rem; min-height: 3.25rem;
  background: var(--accent); color: var(--on-accent); font-weight: 650; font-size: 1.05rem; text-decoration: none;
}
.button:hover { filter: brightness(1.07); }
.button:focus-visible { border-radius: 0.9rem; }
.button svg { width: 1.25rem; height: 1.25rem; flex: none; }
.file { margin-top: 0.7rem; text-align: center; font-size: 0.9rem; color: var(--soft); }
.note { margin-top: 1.25rem; padding: 0.7rem 1rem; border-radius: 0.8rem; background: var(--page); border: 1px solid var(--line); font-size: 0.95rem; }
.note + .get { margin-top: 1rem; }
.code { display: none; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.45rem 1.25rem; margin-top: 0.9rem; font-size: 0.925rem; }
dt { color: var(--soft); }
dd { min-width: 0; }
code { font: 0.86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
ol { margin-top: 0.75rem; padding-left: 1.4rem; }
ol li { padding-left: 0.25rem; }
ol li + li { margin-top: 0.35rem; }
ol li::marker { color: var(--accent); font-weight: 650; }
.list { list-style: none; padding: 0; margin-top: 0.5rem; }
.list > li { padding: 0.8rem 0; }
.list > li + li { border-top: 1px solid var(--line); }
.list > li:last-child { padding-bottom: 0; }
.row { display: flex; justify-content: space-between; gap: 0.25rem 1rem; flex-wrap: wrap; align-items: baseline; }
.row > :first-child { font-weight: 600; min-width: 0; }
.row > :last-child { font-size: 0.875rem; color: var(--soft); }
.files { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; margin-top: 0.25rem; font-size: 0.9rem; }
.files a { min-width: 0; }
img.icon { border-radius: 22%; object-fit: contain; }
.notes { margin-top: 0.75rem; font-size: 0.95rem; }
.notes > * + * { margin-top: 0.75rem; }
.notes :is(h3, h4, h5, h6) { font-size: 0.95rem; margin-top: 1.1rem; }
.notes :is(ul, ol) { margin-top: 0.5rem; padding-left: 1.4rem; }
.notes li > :is(p, ul, ol) { margin-top: 0.3rem; }
.notes :is(pre, blockquote) { background: var(--page); border-radius: 0.6rem; padding: 0.7rem 0.9rem; white-space: pre-wrap; }
.notes blockquote { white-space: normal; }
.notes table { border-collapse: collapse; width: 100%; }
.notes :is(th, td) { border-bottom: 1px solid var(--line); padding: 0.3rem 0.5rem 0.3rem 0; text-align: left; vertical-align: top; }
.notes hr { border: 0; border-top: 1px solid var(--line); }
.more { margin-top: 0.9rem; font-size: 0.925rem; }
.list + .more { padding-top: 0.9rem; border-top: 1px solid var(--line); }
details { font-size: 0.85rem; margin-top: 0.2rem; }
summary { color: var(--soft); cursor: pointer; width: max-content; padding: 0.15rem 0; }
details code { display: block; color: var(--soft); padding-top: 0.15rem; }
footer { padding: 0 1rem 1.75rem; text-align: center; font-size: 0.85rem; color: var(--soft); }
.state { text-align: center; padding: 3.5rem 1.5rem; margin-top: 8svh; }
.state .icon { width: 5.5rem; height: 5.5rem; margin-bottom: 1.25rem; }
.state p { margin: 0.6rem auto 0; max-width: 30rem; color: var(--soft); text-wrap: balance; }
@media (min-width: 44rem) {
  main { padding-top: 3.5rem; }
  .card { padding: 2rem; }
  h1 { font-size: 2.1rem; }
  .icon { width: 6rem; height: 6rem; }
  .head { gap: 1.5rem; }
  .top { display: grid; grid-template-columns: minmax(0, 1fr) 10rem; gap: 0 2.25rem; align-items: center; }
  .code { display: block; text-align: center; font-size: 0.85rem; color: var(--soft); }
  .code svg { display: block; width: 100%; border-radius: 0.75rem; border: 1px solid var(--line); margin-bottom: 0.5rem; }
  .button { justify-content: flex-start; width: max-content; max-width: 100%; padding: 0.9rem 1.6rem; }
  .file { text-align: left; }
}
@media (prefers-reduced-motion: no-preference) { .button { transition: filter 0.15s; } }
`);

/** Without the line breaks and spaces that only help who reads this file. */
const compact = (css: string): string =>
  css.replace(/\n\s*/g, '').replaceAll('; ', ';').replaceAll(': ', ':');
