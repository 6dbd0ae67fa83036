/** What the messages of each kind say, and that they stay within the limits of their services. */
import { describe, expect, test } from 'vitest';
import { discordRequest, escapeDiscord } from './discord.ts';
import { notificationMail } from './email.ts';
import { pauseAfter, TRIED_FOR_MS, tryAgainAt } from './retry.ts';
import { meaningOf } from './send.ts';
import { escapeSlack, slackRequest } from './slack.ts';
import type { Summary } from './summary.ts';

const URL_OF_HOOK = 'https://hooks.example/secret';
const SUMMARY: Summary = {
  title: 'Shop #12: production deployment failed',
  tone: 'bad',
  facts: [
    { name: 'Branch', value: 'main' },
    { name: 'Commit', value: 'aaaaaaa Fix the cart' },
  ],
  error: { message: "Cannot find name 'total'", place: 'src/cart.ts:12:5' },
  link: 'https://appflux.example/deployments/1',
  result: null,
};

/** A summary with texts as long and hostile as they can be. */
const longest = (text: string): Summary => ({
  ...SUMMARY,
  title: text.repeat(80),
  facts: Array.from({ length: 12 }, (_, n) => ({ name: `Fact ${n}`, value: text.repeat(200) })),
  error: { message: text.repeat(500), place: `${text.repeat(290)}:1:1` },
  result: 'https://shop.sites.example/',
});

describe('a message of Slack', () => {
  test('is these bytes', () => {
    const { url, headers, body } = slackRequest(URL_OF_HOOK, 'https://hooks.example/…', SUMMARY);
    expect(url).toBe(URL_OF_HOOK);
    expect(headers['Content-Type']).toBe('application/json; charset=utf-8');
    const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
    expect(body).toBe(
      JSON.stringify({
        text: '❌ Shop #12: production deployment failed',
        unfurl_links: false,
        unfurl_media: false,
        blocks: [
          {
            type: 'section',
            text: mrkdwn(
              '❌ *<https://appflux.example/deployments/1|Shop #12: production deployment failed>*',
            ),
          },
          { type: 'section', text: mrkdwn("```src/cart.ts:12:5\nCannot find name 'total'```") },
          {
            type: 'section',
            fields: [mrkdwn('*Branch*\nmain'), mrkdwn('*Commit*\naaaaaaa Fix the cart')],
          },
          { type: 'section', text: mrkdwn('<https://appflux.example/deployments/1|View log>') },
        ],
      }),
    );
  });

  test.each(['&', '<', 'x', '😀'])('keeps Slack’s limits with %s in every text', (text) => {
    const { body } = slackRequest(URL_OF_HOOK, '', longest(text));
    const { blocks } = JSON.parse(body) as {
      blocks: { text?: { text: string }; fields?: { text: string }[] }[];
    };
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { text: inner, fields = [] } of blocks) {
      expect(inner?.text.length ?? 0).toBeLessThanOrEqual(3000);
      expect(fields.length).toBeLessThanOrEqual(10);
      for (const field of fields) expect(field.text.length).toBeLessThanOrEqual(2000);
    }
  });

  test('escapes what Slack reads as markup, and cuts no reference in half', () => {
    expect(escapeSlack('<!channel> & <https://a|b>', 100)).toBe('&lt;!channel&gt; &amp; &lt;https://a|b&gt;');
    expect(escapeSlack('a&&&', 8)).toBe('a&amp;…');
    expect(escapeSlack('a&amp;', 100)).toBe('a&amp;amp;');
  });

  test('has code that no backtick ends', () => {
    const { body } = slackRequest(URL_OF_HOOK, '', {
      ...SUMMARY,
      error: { message: 'a ``` <!here> ``` b', place: null },
    });
    expect(JSON.parse(body).blocks[1].text.text).toBe("```a ''' &lt;!here&gt; ''' b```");
  });
});

describe('a message of Discord', () => {
  test('is these bytes', () => {
    const { body } = discordRequest(URL_OF_HOOK, '', SUMMARY, '2026-11-29T12:00:00.000Z');
    expect(body).toBe(
      JSON.stringify({
        allowed_mentions: { parse: [] },
        embeds: [
          {
            title: 'Shop \\#12\\: production deployment failed',
            url: 'https://appflux.example/deployments/1',
            color: 0xcf222e,
            description:
              "src\\/cart.ts\\:12\\:5\nCannot find name 'total'\n\n[View log](https://appflux.example/deployments/1)",
            fields: [
              { name: 'Branch', value: 'main', inline: true },
              { name: 'Commit', value: 'aaaaaaa Fix the cart', inline: false },
            ],
            timestamp: '2026-11-29T12:00:00.000Z',
          },
        ],
      }),
    );
  });

  test.each(['*', '@', 'x', '😀'])('keeps Discord’s limits with %s in every text', (text) => {
    const { body } = discordRequest(URL_OF_HOOK, '', longest(text), '2026-11-29T12:00:00.000Z');
    const [embed] = JSON.parse(body).embeds;
    expect(embed.title.length).toBeLessThanOrEqual(256);
    expect(embed.description.length).toBeLessThanOrEqual(4096);
    expect(embed.fields.length).toBeLessThanOrEqual(25);
    const texts: string[] = embed.fields.flatMap(({ name, value }: Record<string, string>) => [name, value]);
    for (const part of texts) expect(part.length).toBeLessThanOrEqual(1024);
    expect([embed.title, embed.description, ...texts].join('').length).toBeLessThanOrEqual(6000);
  });

  test('mentions nobody and formats nothing that came from outside', () => {
    expect(escapeDiscord('@everyone', 100)).not.toContain('@everyone');
    expect(escapeDiscord('<@1> [a](b) **c** \\', 100)).toBe(
      '\\<@\u200d1\\> \\[a\\]\\(b\\) \\*\\*c\\*\\* \\\\',
    );
    expect(escapeDiscord('****', 6)).toBe('\\*\\*…');
  });
});

test('an email says the same in text and in HTML', () => {
  const { to, subject, text, html } = notificationMail('ada@example.com', SUMMARY, 'https://appflux.example');
  expect([to, subject]).toEqual(['ada@example.com', SUMMARY.title]);
  for (const part of ['src/cart.ts:12:5', 'Branch: main', 'https://appflux.example/deployments/1']) {
    expect(text).toContain(part);
    expect(html).toContain(part);
  }
  expect(html).toContain('Cannot find name &#39;total&#39;');
});

describe('attempts', () => {
  test('come at growing pauses, no two hooks at the same time, for a day', () => {
    let [now, attempts] = [0, 1];
    const times: number[] = [];
    for (;;) {
      const at = tryAgainAt({ attempts, deadline: TRIED_FOR_MS }, null, now, 0.5);
      if (at === null) break;
      times.push((at - now) / 1000);
      [now, attempts] = [at, attempts + 1];
    }
    expect(times.slice(0, 8)).toEqual([10, 30, 90, 270, 810, 2430, 7200, 7200]);
    expect(times.length).toBeGreaterThan(15);
    expect(pauseAfter(1, 0)).toBe(8000);
    expect(pauseAfter(1, 0.999)).toBeGreaterThan(11_900);
    expect(pauseAfter(1000, 0.5)).toBe(7_200_000);
  });

  test('wait as long as the receiver asks, but not beyond the day', () => {
    expect(tryAgainAt({ attempts: 1, deadline: TRIED_FOR_MS }, 600, 0, 0.5)).toBe(600_000);
    expect(tryAgainAt({ attempts: 1, deadline: TRIED_FOR_MS }, 1, 0, 0.5)).toBe(10_000);
    expect(tryAgainAt({ attempts: 1, deadline: TRIED_FOR_MS }, 999_999_999, 0, 0.5)).toBeNull();
  });

  test.each([
    [200, 'delivered', 'delivered'],
    [204, 'delivered', 'delivered'],
    [301, 'later', 'later'],
    [400, 'later', 'never'],
    [401, 'later', 'never'],
    [403, 'later', 'never'],
    [404, 'later', 'gone'],
    [408, 'later', 'later'],
    [410, 'gone', 'gone'],
    [429, 'later', 'later'],
    [500, 'later', 'later'],
    [503, 'later', 'later'],
  ] as const)('answered %i: to a program %s, to a service %s', (status, program, service) => {
    expect(meaningOf(status, 'program').outcome).toBe(program);
    expect(meaningOf(status, 'service').outcome).toBe(service);
  });
});
