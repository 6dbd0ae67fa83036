/** The health check of the instance's container: exit code 0 if the control plane answers. */
import process from 'node:process';
import { addressesOf } from '../addresses/addresses.ts';
import { ROOT } from '../command.ts';
import { readSettings } from '../settings.ts';

const ANSWER_WITHIN_MS = 8_000;

const { localUrl } = addressesOf(readSettings(process.env, ROOT));
const response = await fetch(`${localUrl}/api/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
await response.body?.cancel();
process.exitCode = response.ok ? 0 : 1;
