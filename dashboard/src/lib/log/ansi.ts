// biome-ignore-all lint/suspicious/noControlCharactersInRegex: this file parses control characters
/**
 * A line of build output as styled text. Nothing here creates HTML: spans become text nodes, and the only class names
 * are those of `styleClass`. Hyperlinks (OSC 8), titles, clipboard writes and cursor movements are dropped; the text
 * that they surround stays.
 */
import { parse } from '@ansi-tools/parser';
import { applySgr, PLAIN, type Style } from './sgr.ts';
import { visibleText } from './visible-text.ts';

export interface Span {
  text: string;
  style: Style;
}

export interface StyledLine {
  spans: Span[];
  /** The style that the next line of the same stream starts with. */
  end: Style;
}

const ESCAPE = /[\u001b\u0090\u0098\u009b\u009d-\u009f]/;
/** A complete OSC, DCS, APC, PM, or SOS ends with a string terminator (ECMA-48 §5.6) or, for OSC, with BEL. */
const TERMINATED = /(?:\u001b\\|[\u0007\u009c])$/;

function pushText(spans: Span[], text: string, style: Style): void {
  for (const character of text.split(/([\r\b])/)) {
    if (character === '') continue;
    const last = spans.at(-1);
    if (character === '\r') spans.length = 0;
    else if (character === '\b') {
      if (last) last.text = last.text.slice(0, -1);
    } else if (last && last.style === style) last.text += character;
    else spans.push({ text: character, style });
  }
}

/**
 * Parses a line, given the style that it starts with. A carriage return restarts the line, as on a terminal, so that a
 * progress bar shows its last state. An unterminated control string is shown as it is: it must not swallow the rest
 * of the line.
 */
export function styledLine(raw: string, start: Style = PLAIN): StyledLine {
  const text = raw.replace(/\r+$/, '');
  const spans: Span[] = [];
  let style = start;
  if (!ESCAPE.test(text)) {
    pushText(spans, text, style);
  } else {
    for (const code of parse(text)) {
      if (code.type === 'TEXT') pushText(spans, code.raw, style);
      else if (code.type === 'CSI' && code.command === 'm') {
        style = applySgr(style, code.raw.replace(/^(?:\u001b\[|\u009b)|m$/g, ''));
      } else if (
        (code.type === 'OSC' || code.type === 'DCS' || code.type === 'STRING') &&
        !TERMINATED.test(code.raw)
      ) {
        pushText(spans, code.raw, style);
      }
    }
  }
  for (const span of spans) span.text = visibleText(span.text);
  return { spans: spans.filter((span) => span.text !== ''), end: style };
}

/** The style after a line. Faster than `styledLine` for lines without escape sequences. */
export function styleAfter(raw: string, start: Style): Style {
  return ESCAPE.test(raw) ? styledLine(raw, start).end : start;
}

/** A line's visible text, for search and for copying. */
export function plainText(raw: string): string {
  return styledLine(raw)
    .spans.map((span) => span.text)
    .join('');
}

/** The class names of a style; see log.css. */
export function styleClass(style: Style): string {
  const { color, background } = style.inverse
    ? { color: null, background: style.color ?? 'gray' }
    : { color: style.color, background: style.background };
  return [
    background ? `ansi-on-${background}` : color && `ansi-${color}`,
    style.bold && 'ansi-bold',
    style.dim && !background && 'ansi-dim',
    style.italic && 'ansi-italic',
    style.underline && 'ansi-underline',
    style.strike && 'ansi-strike',
  ]
    .filter(Boolean)
    .join(' ');
}
