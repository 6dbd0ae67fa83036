/**
 * Release notes as HTML. They come from anyone who can push a commit, and their page is AppFlux's own, so the output is built
 * from what is allowed rather than cleaned of what is not: the parser passes no HTML through, links lead to the web or to
 * a mail program only, and a picture is its description.
 */
import { MAX_NOTES_LENGTH } from '@appflux/protocol';
import MarkdownIt, { type Token } from 'markdown-it';

/** What is in lists and quotes deeper than this is left out. */
const DEEPEST = 12;
/** Headings of notes come below the one of their section. */
const FIRST_HEADING = 3;
const LAST_HEADING = 6;
/** Addresses may begin so, and in no other way: a relative one would lead into AppFlux itself. */
const ALLOWED = /^(?:https?:\/\/|mailto:)/i;

/** Characters that change the direction of the text around them. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: DEEPEST });
parser.validateLink = (address) => ALLOWED.test(address);
// What has no scheme is no link: file names such as README.md would become some.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

parser.renderer.rules.image = (tokens, index) => parser.utils.escapeHtml(tokens[index]?.content ?? '');

/** Top-level blocks of notes, each as HTML. Longer notes than MAX_NOTES_LENGTH are cut. */
export function notesBlocks(markdown: string): string[] {
  const env = {};
  const tokens = parser.parse(markdown.slice(0, MAX_NOTES_LENGTH).replace(REORDERING, ''), env);
  settleHeadings(tokens);
  for (const token of tokens) {
    settleCell(token);
    settleLinks(token.children ?? []);
  }
  return blocksOf(tokens).map((block) => parser.renderer.render(block, parser.options, env));
}

/** Headings follow each other without a gap, whatever level the notes begin with. */
function settleHeadings(tokens: readonly Token[]): void {
  let before = FIRST_HEADING - 1;
  let top: number | null = null;
  for (const token of tokens) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue;
    if (token.type === 'heading_open') {
      const level = Number(token.tag.slice(1));
      top = Math.min(top ?? level, level);
      before = Math.min(before + 1, level - top + FIRST_HEADING, LAST_HEADING);
    }
    token.tag = `h${before}`;
  }
}

/**
 * A link says nothing of this page to where it leads, and is no recommendation of AppFlux's. One without an address, which
 * the parser asks about but makes all the same, would lead to this page: its text stays. Links are never within links.
 */
function settleLinks(tokens: readonly Token[]): void {
  let leads = true;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      leads = ALLOWED.test(String(token.attrGet('href') ?? ''));
      token.attrSet('rel', 'nofollow noopener');
    }
    if (token.type === 'link_open' || token.type === 'link_close') token.hidden = !leads;
  }
}

/** The alignment of a column would be a style in the page, which its policy blocks. */
function settleCell(token: Token): void {
  if (token.type === 'th_open' || token.type === 'td_open') token.attrs = null;
}

/** Tokens of the same block, which ends where nesting is back at the top. */
function blocksOf(tokens: readonly Token[]): Token[][] {
  const blocks: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push([]);
    blocks.at(-1)?.push(token);
    depth += token.nesting;
  }
  return blocks;
}
