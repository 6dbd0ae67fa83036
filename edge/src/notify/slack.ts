/**
 * A message in Slack, through an incoming webhook.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.slack.dev/reference/block-kit/blocks
 */
import type { Outgoing } from './send.ts';
import type { Summary, Tone } from './summary.ts';

/** Limits of Slack, in characters: of the text of a section, and of a field of one. A section has 10 fields. */
const MAX_TEXT = 3000;
const MAX_FIELD = 2000;

const SYMBOL: Readonly<Record<Tone, string>> = { good: '✅', bad: '❌', neutral: 'ℹ️' };

/** The request that shows a summary in a channel. */
export function slackRequest(url: string, shownUrl: string, summary: Summary): Outgoing {
  return {
    url,
    shownUrl,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'User-Agent': 'AppFlux' },
    body: JSON.stringify({
      // For notifications of clients and screen readers.
      text: escapeSlack(`${SYMBOL[summary.tone]} ${summary.title}`, MAX_TEXT),
      unfurl_links: false,
      unfurl_media: false,
      blocks: blocksOf(summary),
    }),
  };
}

function blocksOf({ title, tone, facts, error, link, result }: Summary): object[] {
  const heading = `${SYMBOL[tone]} *<${escapeUrl(link)}|${escapeSlack(title, 1000)}>*`;
  return [
    { type: 'section', text: mrkdwn(heading) },
    ...(error === null ? [] : [{ type: 'section', text: mrkdwn(errorText(error)) }]),
    ...(facts.length === 0
      ? []
      : [
          {
            type: 'section',
            fields: facts
              .slice(0, 10)
              .map(({ name, value }) => mrkdwn(`*${name}*\n${escapeSlack(value, MAX_FIELD - 100)}`)),
          },
        ]),
    {
      type: 'section',
      text: mrkdwn(
        [`<${escapeUrl(link)}|View log>`, ...(result === null ? [] : [`<${escapeUrl(result)}|Open>`])].join(
          '  ·  ',
        ),
      ),
    },
  ];
}

/** The error as code. Backticks would end it. */
function errorText({ message, place }: { message: string; place: string | null }): string {
  const text = place === null || message.includes(place) ? message : `${place}\n${message}`;
  return `\`\`\`${escapeSlack(text.replaceAll('`', "'"), MAX_TEXT - 100)}\`\`\``;
}

/** `verbatim` keeps names of channels and people in the text from becoming links and mentions. */
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Text from outside, at most `max` characters when it is escaped: no `<!channel>`, no link, and no character reference
 * that is cut in half.
 */
export function escapeSlack(text: string, max: number): string {
  let escaped = '';
  for (const character of text) {
    const written = ENTITIES[character] ?? character;
    if (escaped.length + written.length > max - 1) return `${escaped}…`;
    escaped += written;
  }
  return escaped;
}

/** A URL within `<…|…>`. */
const escapeUrl = (url: string): string =>
  url.replaceAll('&', '&amp;').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('|', '%7C');
