/** What the sandbox costs: the proxy, the start of a container, the malware scan. */
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { numberFlags } from './flags.ts';
import { conditions, print } from './report.ts';
import { measureInstalls } from './sandbox/installs.ts';
import { measureScan } from './sandbox/scan.ts';
import { measureStart } from './sandbox/start.ts';

const { rounds, starts } = numberFlags({ rounds: 5, starts: 20 });
const under = conditions();
await ensureWebImage(connectEngine());
const start = await measureStart(starts);
const installs = await measureInstalls(rounds);
const scan = await measureScan(rounds);
print(`What the sandbox costs, ${rounds} alternating rounds`, under, installs, start, scan);
