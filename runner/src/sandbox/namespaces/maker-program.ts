/**
 * The program of a container that makes network namespaces: it moves into a new one for each line that it reads, and
 * prints its name. Whatever the engine puts into a container's network then joins that one (`container:` as its mode), so
 * that each build has its own without the engine's work for it. Pure.
 */

/** The number of unshare(2), by the processor as Node names it. */
const UNSHARE: Partial<Record<NodeJS.Architecture, number>> = { x64: 272, arm64: 97 };

export const PERL = '/usr/bin/perl';

/**
 * A new namespace gets what the engine has set in the first, which it made: these decide whether there is IPv6, and which
 * ports and pings a program may use that is not root. 0x40000000 is CLONE_NEWNET; 0x8914 is SIOCSIFFLAGS, and 0x41 means
 * up and running (netdevice(7)).
 */
const PROGRAM = `
$| = 1;
my $unshare = 0 + shift;
my %settings;
for my $name ("ipv6/conf/all/disable_ipv6", "ipv4/ip_unprivileged_port_start", "ipv4/ping_group_range") {
  open my $file, "<", "/proc/sys/net/$name" or next;
  $settings{$name} = <$file>;
}
while (defined <STDIN>) {
  syscall($unshare, 0x40000000) == 0 or die "unshare: $!\\n";
  for my $name (keys %settings) {
    open my $file, ">", "/proc/sys/net/$name" or die "$name: $!\\n";
    print $file $settings{$name};
    close $file or die "$name: $!\\n";
  }
  socket my $socket, 2, 2, 0 or die "socket: $!\\n";
  my $loopback = pack "a16 s x22", "lo", 0x41;
  ioctl $socket, 0x8914, $loopback or die "lo: $!\\n";
  close $socket;
  print readlink("/proc/self/ns/net"), "\\n";
}
`;

/** The command; null for a processor for which it has no number. */
export function makerCommand(processor: NodeJS.Architecture): string[] | null {
  const unshare = UNSHARE[processor];
  return unshare === undefined ? null : [PERL, '-e', PROGRAM, String(unshare)];
}
