/**
 * The health check of the instance's container: exit code 0 if the control plane answers. It runs all the time, so it
 * loads nothing else of the program.
 */
import process from 'node:process';

const ANSWER_WITHIN_MS = 8_000;

// In a container the control plane listens on all addresses; APPFLUX_PORT was checked by the start.
const url = `http://localhost:${process.env.APPFLUX_PORT || '8787'}/api/health`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  await response.body?.cancel();
  console.log(`${url} answers ${response.status}`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  // Not listening, or too slow: the engine shows the sentence.
  console.log(`${url} does not answer: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
