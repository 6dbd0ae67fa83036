/** A finished log of many lines, written by a simulated runner through the runner's own log stream. */
import { Client } from '../../e2e/instance/client.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { EdgePath } from '../logs/edge-path.ts';

/** The text of a line: short, so that as many as possible fit into a log. */
export const textOf = (line: number) => `compiled src/module-${line}.ts`;

/** Writes a log of so many lines and waits until it is archived. Returns the deployment's id. */
export async function writeFinishedLog(edge: EdgeInstance, lines: number): Promise<string> {
  const log = await new EdgePath(edge).open(`finished-${lines}`);
  for (let line = log.lastSeq + 1; line <= lines; line += 1) {
    const at = new Date().toISOString();
    log.stream.write({ at, stream: 'stdout', phase: 'building', text: textOf(line) });
    if (line % 500 === 0) await log.stream.ready();
  }
  await log.stream.drained();
  await log.close();
  await new Client(edge).archived(log.id);
  return log.id;
}
