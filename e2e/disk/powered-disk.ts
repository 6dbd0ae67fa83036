/**
 * A file system that loses power. It is ext4 on a loop device. Its own shutdown (EXT4_IOC_SHUTDOWN without flushing the
 * journal, as xfstests' `godown` does) stops all writing immediately: what had not reached the device is gone, as after a loss
 * of power. So neither device-mapper nor a module that the kernel lacks is needed. What a disk holds back in a cache of
 * its own is not lost, because the device's file outlives the file system.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PoweredDisk {
  readonly folder: string;
  /** Everything that was not synced is lost, and every access fails, until `restore`. */
  cutPower(): void;
  /** Mounts it again, as after a start of the machine. Nothing may use it. */
  restore(): void;
  unmount(): void;
}

/** `_IOR('X', 125, __u32)` of linux/ext4.h, with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUT_DOWN = 'open(F,"<",$ARGV[0]) or die $!; my $how=pack("L",2); ioctl(F,0x8004587d,$how) or die $!';

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'pipe' });

/** Creates and mounts a file system of so many MiB. Throws if this user or kernel can't. */
export function mountPoweredDisk(mebibytes: number): PoweredDisk {
  const top = mkdtempSync(join(tmpdir(), 'appflux-power-'));
  const image = join(top, 'disk.ext4');
  const folder = join(top, 'disk');
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, mebibytes * 1024 ** 2);
  // Linux would write some of it by itself after five seconds.
  const mount = () => run('mount', '-o', 'loop,commit=300', image, folder);
  try {
    run('mkfs.ext4', '-q', '-F', image);
    mount();
  } catch (error) {
    rmSync(top, { recursive: true });
    throw error;
  }
  return {
    folder,
    cutPower: () => void run('perl', '-e', SHUT_DOWN, folder),
    restore: () => {
      run('umount', folder);
      mount();
    },
    unmount: () => {
      run('umount', folder);
      rmSync(top, { recursive: true, force: true });
    },
  };
}

/** Whether a loss of power can be had here: by root, with loop devices and ext4. */
export function canCutPower(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    const disk = mountPoweredDisk(16);
    disk.cutPower();
    disk.unmount();
    return true;
  } catch {
    // Not permitted in this container, or not in this kernel: tests that need it are skipped and say so.
    return false;
  }
}
