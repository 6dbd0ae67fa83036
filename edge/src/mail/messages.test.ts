import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LinkMail, linkMail } from './messages.ts';

const LINK: LinkMail = {
  kind: 'recovery',
  to: 'ada@example.com',
  url: 'https://apps.example.com/reset-password#token_hash=afp_abc',
  expiresAt: '2026-11-29T13:00:00.000Z',
  instance: 'https://apps.example.com',
};

test.each(['sign_in', 'recovery', 'invitation'] as const)(
  'a mail for %s has its link in text and HTML, and says until when',
  (kind) => {
    const { to, subject, text, html } = linkMail({
      ...LINK,
      kind,
      invitedBy: 'eve@example.com',
      role: 'viewer',
    });
    expect(to).toBe('ada@example.com');
    expect(subject).toMatch(/^[\w ]+$/);
    for (const body of [text, html]) {
      expect(body).toContain(LINK.url);
      expect(body).toContain('Sun, 29 Nov 2026 13:00:00 GMT');
      expect(body).toContain('https://apps.example.com');
    }
    expect(text).not.toMatch(/[<>]/);
  },
);

test('nothing that people choose themselves gets into a header or becomes markup', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (to, invitedBy) => {
      for (const kind of ['sign_in', 'recovery', 'invitation'] as const) {
        const { subject, html } = linkMail({
          ...LINK,
          kind,
          to: `${to}<script>`,
          invitedBy: `${invitedBy}"<b>`,
        });
        expect(subject).toMatch(/^[\w ]+$/);
        const tags = new Set([...html.matchAll(/<\/?([a-z!]+)/gi)].map(([, name]) => name?.toLowerCase()));
        expect(
          [...tags].filter((name) => !['!doctype', 'html', 'body', 'p', 'a', 'br'].includes(name ?? '')),
        ).toEqual([]);
        expect(html.match(/<a /g)).toHaveLength(1);
      }
    }),
  );
});
