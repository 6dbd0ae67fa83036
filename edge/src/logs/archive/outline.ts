/** The outline of a log, computed from its NDJSON without parsing every line. */
import { LogLine, type LogOutline, type LogSection, MAX_LOG_SECTIONS, Phase } from '@appflux/protocol';

/** The beginning of a line as AppFlux writes it; group 1 is its time, group 2 its phase unless that is null. */
const LINE_START = /^\{"seq":\d+,"at":"([^"\\]*)","stream":"[a-z]+","phase":(?:null|"([a-z]+)"),"text":"/;

/** What follows the text in a line's JSON. */
const LINE_END = '"}';

export class OutlineBuilder {
  readonly #sections: LogSection[] = [];
  #lines = 0;
  #longest = 0;

  /** Takes the next line, as JSON. Throws when it is no log line. */
  add(json: string): void {
    this.#lines += 1;
    const start = LINE_START.exec(json);
    const textLength = json.length - (start?.[0].length ?? 0) - LINE_END.length;
    // Escapes only make the JSON longer, so most lines need not be parsed to know that they are not the longest.
    const parsed = start === null || textLength > this.#longest ? LogLine.parse(JSON.parse(json)) : null;
    if (parsed !== null) this.#longest = Math.max(this.#longest, parsed.text.length);
    const at = parsed?.at ?? start?.[1] ?? '';
    const phase = (parsed === null ? start?.[2] : parsed.phase) ?? null;
    const last = this.#sections.at(-1);
    const joins = phase === null || phase === last?.phase || this.#sections.length >= MAX_LOG_SECTIONS;
    if (last !== undefined && joins) {
      last.lines += 1;
      last.to = at;
      return;
    }
    this.#sections.push({
      phase: phase === null ? null : Phase.parse(phase),
      firstSeq: this.#lines,
      lines: 1,
      from: at,
      to: at,
    });
  }

  /** The outline of the lines so far. */
  outline(): LogOutline {
    return { sections: this.#sections, lastSeq: this.#lines, longest: this.#longest };
  }
}
