/** A program that tries the walls of a container from within, and says of each attempt how it went. */

/** Facts about the host that the probe must not find. */
export interface Prey {
  /** The id of a process of the host. */
  readonly hostPid: number;
  /** A folder of the host, with another attempt's workspace below it. */
  readonly hostFolder: string;
  /** The name of a file in that workspace. */
  readonly secretName: string;
}

/** The text of the probe, for `node`; it prints one line of JSON, attempt to outcome. */
export const probe = ({ hostPid, hostFolder, secretName }: Prey): string => `
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, unlinkSync, writeFileSync } from 'node:fs';
const outcome = {};
const attempt = (name, work) => {
  try { outcome[name] = work() ?? 'done'; } catch (error) { outcome[name] = error.code ?? error.message; }
};
const sh = (command) => {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  return status === 0 ? 'done: ' + stdout.trim() : 'refused: ' + (stderr.trim().split('\\n')[0] || status);
};
// perl makes the system calls directly; their numbers differ between processors.
const arm = process.arch === 'arm64';
const kernel = (name, number, numberOnArm, ...args) => attempt(name, () => execFileSync('perl',
  ['-e', 'print syscall(' + [arm ? numberOnArm : number, ...args].join(',') + ') == -1 ? "refused: $!" : "done"'],
  { encoding: 'utf8' }));

attempt('engine socket', () => ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock',
  '/run/podman/podman.sock', '/run/crio/crio.sock'].filter(existsSync).join() || 'none');
attempt('mounts', () => readFileSync('/proc/self/mountinfo', 'utf8'));
attempt('processes', () => readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
  .map((pid) => { try { return readlinkSync('/proc/' + pid + '/exe'); } catch { return 'gone'; } }).join());
attempt('host process', () => existsSync('/proc/${hostPid}') ? 'there' : 'none');
attempt('signal to the host', () => process.kill(${hostPid}, 0));
attempt('host folder', () => existsSync(${JSON.stringify(hostFolder)}) ? 'there' : 'none');
attempt('other workspaces', () => sh('find / -name ${secretName} -not -path "/proc/*/task/*" 2>/dev/null | grep .'));
attempt('kernel memory', () => readFileSync('/proc/kcore').length);
attempt('kernel keys', () => readFileSync('/proc/keys', 'utf8') || 'empty');
attempt('write to /proc/sys', () => writeFileSync('/proc/sys/kernel/core_pattern', '|/tmp/x'));
attempt('write to sysrq', () => writeFileSync('/proc/sysrq-trigger', 's'));
attempt('write to cgroups', () => sh('echo 1 > /sys/fs/cgroup/memory/notify_on_release || mkdir /sys/fs/cgroup/x'));
attempt('write to the root', () => writeFileSync('/usr/bin/x', ''));
attempt('take the way out away', () => unlinkSync('/run/appflux/proxy.sock'));
attempt('kernel log', () => sh('dmesg'));

attempt('mount tmpfs', () => sh('mkdir -p /tmp/m && mount -t tmpfs none /tmp/m'));
attempt('mount proc', () => sh('mount -t proc none /tmp/m'));
attempt('bind mount', () => sh('mount --bind / /tmp/m'));
attempt('remount the root writable', () => sh('mount -o remount,rw /'));
attempt('unshare user', () => sh('unshare --user true'));
attempt('unshare user as root', () => sh('unshare --user --map-root-user true'));
attempt('unshare mount', () => sh('unshare --mount true'));
attempt('unshare net', () => sh('unshare --net true'));
attempt('enter namespaces', () => sh('nsenter --target 1 --mount --net --pid true'));
attempt('chroot', () => sh('/usr/sbin/chroot / true'));
attempt('device', () => sh('mknod /tmp/disk b 8 0'));

kernel('ptrace of the host', 101, 117, 16, ${hostPid}, 0, 0);
kernel('memory of the host', 310, 270, ${hostPid}, 0, 0, 0, 0, 0);
kernel('raw socket', 41, 198, 2, 3, 1);
kernel('packet socket', 41, 198, 17, 3, 768);
kernel('vsock socket', 41, 198, 40, 1, 0);
kernel('bpf', 321, 280, 0, 0, 0);
kernel('kernel module', 175, 105, 0, 0, 0);
kernel('key ring', 250, 219, 0, -3, 0);
kernel('clock', 164, 170, 0, 0);
kernel('reboot', 169, 142, 0xfee1dead, 672274793, 0, 0);
kernel('new root', 155, 41, 0, 0);
kernel('setuid 0', 105, 146, 0);
kernel('user fault handling', 323, 282, 0);
kernel('handle of a file', 304, 265, 0, 0, 0);

attempt('setuid program of the image', () => sh('su --command id root < /dev/null'));
attempt('setuid program of one’s own', () => {
  const made = sh('cp /usr/bin/id /tmp/own && chmod 4755 /tmp/own && /tmp/own -u');
  return made;
});
attempt('capabilities', () => /CapEff:\\s*(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
attempt('capability bounds', () => /CapBnd:\\s*(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
attempt('limits', () => readFileSync('/proc/self/limits', 'utf8'));
attempt('core dump', () => sh('cd /workspace && (bash -c "kill -SEGV \\\\$\\\\$" || true) 2>/dev/null; ls /workspace /tmp | grep -c ^core || true'));
console.log('OUTCOME ' + JSON.stringify(outcome));
`;
