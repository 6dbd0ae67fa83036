/** What hosts show of deployments, as text. Pure. Names, branches and messages come from outside: they are escaped. */
import type { ReportFacts, ReportState } from './host-client.ts';

/** The longest description of a commit's status. Source: https://docs.github.com/en/rest/commits/statuses */
const MAX_DESCRIPTION = 140;

/** The longest comment that is written, in characters. GitHub takes 65,536. */
const MAX_COMMENT = 60_000;

/** How many apps a comment lists. */
const MAX_ROWS = 50;

/** The longest text of one cell, before it is escaped. */
const MAX_CELL = 120;

const STATES: Readonly<Record<ReportState, string>> = {
  queued: 'Queued',
  approval: 'Waiting for approval',
  building: 'Building',
  success: 'Ready',
  failed: 'Failed',
  canceled: 'Canceled',
  skipped: 'Skipped',
};

/** What a state is called. */
export const stateName = (state: ReportState): string => STATES[state];

/** What a status is listed under: one for each app and environment of a commit. */
export const statusContext = ({ app, environment }: Pick<ReportFacts, 'app' | 'environment'>): string =>
  environment === 'production' ? `AppFlux / ${app.slug}` : `AppFlux / ${app.slug} (preview)`;

/** A line about how a deployment stands, for a commit's status. */
export function statusDescription(facts: ReportFacts): string {
  const { state, durationSeconds, failure, skipped, overBudget = [] } = facts;
  const name = stateName(state);
  if (state === 'success' && durationSeconds !== null)
    return `${name} in ${inWords(durationSeconds)}${overBudgetText(overBudget)}`;
  const reason = state === 'failed' ? (failure?.message ?? null) : state === 'skipped' ? skipped : null;
  return cut(reason === null ? name : `${name}: ${oneLine(reason)}`, MAX_DESCRIPTION);
}

function overBudgetText({ length }: readonly string[]): string {
  if (length === 0) return '';
  return length === 1 ? ', a size budget is exceeded' : `, ${length} size budgets are exceeded`;
}

/** Where a status leads: to the result once there is one, otherwise to the log. */
export const statusUrl = ({ state, urls }: ReportFacts): string =>
  state === 'success' ? (urls.site ?? urls.page ?? urls.log) : urls.log;

/** The first line of the one comment on a pull request that is a team's; it isn't shown. */
export const commentMarker = (ownerId: string): string => `<!-- appflux:${ownerId} -->`;

/** The comment on a pull request: a table of the team's apps, as each last stood. In Markdown. */
export function commentBody(marker: string, deployments: readonly ReportFacts[]): string {
  const rows = [...deployments].sort((a, b) => (a.app.slug < b.app.slug ? -1 : 1));
  const shown = rows.slice(0, MAX_ROWS);
  const left = rows.length - shown.length;
  const table = [
    '| App | Status | Preview | Log | Updated (UTC) |',
    '| :-- | :-- | :-- | :-- | :-- |',
    ...shown.map(rowOf),
  ].join('\n');
  const parts = [
    `${marker}\n**AppFlux** deployments of this pull request`,
    table,
    ...(left > 0 ? [`${left} more ${left === 1 ? 'app is' : 'apps are'} not listed here.`] : []),
    ...shown.flatMap(reasonOf),
    ...shown.flatMap(codeOf),
  ];
  let body = '';
  for (const part of parts) {
    if (body.length + part.length + 2 > MAX_COMMENT) break;
    body += body === '' ? part : `\n\n${part}`;
  }
  return body;
}

function rowOf(facts: ReportFacts): string {
  const { app, state, urls } = facts;
  const preview = urls.site ?? urls.page;
  const cells = [
    escaped(cut(oneLine(app.name), MAX_CELL)),
    stateName(state),
    state === 'success' && preview !== null ? link('Open preview', preview) : '',
    link('View log', urls.log),
    (facts.finishedAt ?? facts.startedAt ?? facts.createdAt).slice(0, 16).replace('T', ' '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Why an app has no preview, or the size budgets that it exceeds. */
function reasonOf({ app, state, failure, skipped, overBudget = [] }: ReportFacts): string[] {
  const warning = overBudget.length === 0 ? null : `Over its size budget: ${overBudget.join('; ')}`;
  const reasons: Partial<Record<ReportState, string | null>> = {
    failed: failure?.message ?? null,
    skipped,
    success: warning,
  };
  const reason = reasons[state] ?? null;
  if (reason === null) return [];
  const name = escaped(cut(oneLine(app.name), MAX_CELL));
  return [`**${name}**: ${escaped(cut(oneLine(reason), 500))}`];
}

/** A code for a phone's camera. */
function codeOf({ app, state, urls }: ReportFacts): string[] {
  if (state !== 'success' || urls.qr === null) return [];
  const name = escaped(cut(oneLine(app.name), MAX_CELL));
  return [
    `<details><summary>QR code of ${name}</summary>\n\n<img src="${attribute(urls.qr)}" width="180" height="180" alt="QR code of the preview">\n\n</details>`,
  ];
}

/** A link whose address cannot end early. */
const link = (text: string, url: string): string =>
  `[${text}](<${url.replace(/[<>|\\\s]/g, (character) => encodeURIComponent(character))}>)`;

const attribute = (text: string): string =>
  text.replace(/[&"'<>]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * A text that reads the same in Markdown and HTML, whatever it holds: what could begin markup is written as a
 * character reference, and what hosts turn into links, mentions and references to issues is broken by a word joiner,
 * since they look for these after references are resolved. Source: https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
 */
export const escaped = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/[@#!$%~&^]|\bGH-|:(?=\/\/)|\bwww(?=\.)/giu, '$&\u2060')
    .replace(/[^\p{L}\p{N}\p{M} \u2060-]/gu, (character) => `&#${character.codePointAt(0)};`);

const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim();

/** At most `most` characters, without half of one at the end. */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** 42 s, 3 min 5 s. */
function inWords(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
