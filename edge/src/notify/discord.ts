/**
 * A message in Discord, through a webhook of a channel.
 * https://discord.com/developers/docs/resources/webhook#execute-webhook, and for the limits of embeds
 * https://discord.com/developers/docs/resources/message#embed-object-embed-limits
 */
import type { Outgoing } from './send.ts';
import type { Summary, Tone } from './summary.ts';

/** Limits of Discord, in characters. An embed has 6000 in all: these are together below it. */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 2000;
const MAX_FIELD = 400;
const MOST_FIELDS = 7;

const COLOR: Readonly<Record<Tone, number>> = { good: 0x2da44e, bad: 0xcf222e, neutral: 0x6e7781 };

/** The request that shows a summary in a channel. */
export function discordRequest(
  url: string,
  shownUrl: string,
  { title, tone, facts, error, link, result }: Summary,
  at: string,
): Outgoing {
  const links = [
    `[View log](${escapeUrl(link)})`,
    ...(result === null ? [] : [`[Open](${escapeUrl(result)})`]),
  ];
  const description = [...(error === null ? [] : [errorText(error)]), links.join('  ·  ')].join('\n\n');
  return {
    url,
    shownUrl,
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'AppFlux' },
    body: JSON.stringify({
      // Nobody is notified, whatever a commit message says.
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: escapeDiscord(title, MAX_TITLE),
          url: link,
          color: COLOR[tone],
          description,
          fields: facts.slice(0, MOST_FIELDS).map(({ name, value }) => ({
            name,
            value: escapeDiscord(value, MAX_FIELD),
            inline: name !== 'Commit',
          })),
          timestamp: at,
        },
      ],
    }),
  };
}

function errorText({ message, place }: { message: string; place: string | null }): string {
  const text = place === null || message.includes(place) ? message : `${place}\n${message}`;
  return escapeDiscord(text, MAX_DESCRIPTION);
}

/** What Markdown, mentions, emoji and timestamps begin with. */
const SPECIAL = /[\\`*_~|<>[\]()#:/-]/;

/** A zero-width joiner: `@everyone` is no mention with one behind the `@`. */
const APART = '\u200d';

/** Text from outside, at most `max` characters when it is escaped: no formatting, no link and no mention. */
export function escapeDiscord(text: string, max: number): string {
  let escaped = '';
  for (const character of text) {
    const written = character === '@' ? `@${APART}` : SPECIAL.test(character) ? `\\${character}` : character;
    if (escaped.length + written.length > max - 1) return `${escaped}…`;
    escaped += written;
  }
  return escaped;
}

/** A URL within `[…](…)`. */
const escapeUrl = (url: string): string =>
  url.replaceAll('(', '%28').replaceAll(')', '%29').replaceAll(' ', '%20');
