/** A clock for leases and deadlines: never set back, and not standing still while the machine sleeps. */
import { openSync, readSync } from 'node:fs';

/** Milliseconds since an arbitrary moment. Only differences mean anything. */
export type Clock = () => number;

/**
 * The seconds of `/proc/uptime` in milliseconds, from the file's text (proc_uptime(5)).
 * Undefined when the text is not what the manual says.
 */
export function parseUptime(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1000;
}

/**
 * The machine's monotonic clock. `performance.now()` is CLOCK_MONOTONIC, which stops while a machine is
 * suspended: a laptop that slept for an hour would believe that its lease is still valid. The kernel's
 * uptime is CLOCK_BOOTTIME, which goes on; reading it takes some microseconds and its 10 ms steps are fine
 * for leases of seconds. On macOS there is no such file, and no need: there `performance.now()` is mach_continuous_time,
 * which goes on as well (libuv, src/unix/darwin.c). Elsewhere it has to do.
 */
export function machineClock(): Clock {
  const monotonic: Clock = () => performance.now();
  let uptime: Clock;
  try {
    uptime = uptimeClock();
    uptime();
  } catch {
    // Not Linux, or no /proc here: the other clock needs neither.
    return monotonic;
  }
  return uptime;
}

/** Keeps the file open, so that a process out of file descriptors can still tell the time. */
function uptimeClock(): Clock {
  const file = openSync('/proc/uptime', 'r');
  const buffer = Buffer.alloc(64);
  return () => {
    const length = readSync(file, buffer, 0, buffer.length, 0);
    const uptime = parseUptime(buffer.toString('latin1', 0, length));
    if (uptime === undefined) throw new Error('/proc/uptime has no uptime');
    return uptime;
  };
}
