/**
 * The program that a prepared container runs until a build comes: it reads the build's folder and variables from its
 * standard input and becomes the entry. So nothing of a build is in the container's description, and the entry is the
 * same process, with the same rights, as where the engine starts it. Pure.
 */

/** Adds the variables to those of the image, as the engine does (`Env`, `WorkingDir`). An input that ends too early ends it. */
const PROGRAM =
  '$/ = "\\0"; my $folder; ' +
  'while (1) { my $entry = <STDIN>; exit 125 unless defined $entry && chomp $entry; last if $entry eq ""; ' +
  'if (!defined $folder) { $folder = $entry; next } ' +
  'my ($name, $value) = split /=/, $entry, 2; $ENV{$name} = $value } ' +
  'open STDIN, "<", "/dev/null" or die "/dev/null: $!\\n"; chdir $folder or die "$folder: $!\\n"; ' +
  'exec { $ARGV[0] } @ARGV; die "$ARGV[0]: $!\\n"';

/** The command that waits and then becomes `entry`. Perl is part of every Debian, and the guard (vsock.ts) needs it as well. */
export const waitingCommand = (entry: string): string[] => ['perl', '-e', PROGRAM, entry];

/**
 * What the waiting program reads: zero-terminated entries, an empty one at the end.
 * @param workingDir absolute path in the container
 * @param environment without zero bytes (job/variables.ts refuses them)
 */
export function handover(workingDir: string, environment: Readonly<Record<string, string>>): string {
  const entries = [workingDir, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
  return `${entries.join('\0')}\0\0`;
}
