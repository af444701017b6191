import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import { daemonPlace, type StartOptions } from '../../support/daemon-process.ts';

/**
 * Does what systemd does for a unit with a socket: listens, puts the socket under number 3, and
 * becomes the service. Node would go on accepting connections itself, so this is Perl.
 */
const ACTIVATE = `
  use Socket; use POSIX ();
  BEGIN { $^F = 9 }
  my $path = shift @ARGV;
  socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
  umask 0177; bind($s, pack_sockaddr_un($path)) or die "bind: $!"; umask 022;
  listen($s, 128) or die "listen: $!";
  POSIX::dup2(fileno($s), 3) or die "dup2: $!" if fileno($s) != 3;
  $ENV{LISTEN_PID} = $ENV{PID_OF_ANOTHER} || $$; $ENV{LISTEN_FDS} = 1;
  exec(@ARGV) or die "exec: $!";
`;

const activated = (socket: string): Pick<StartOptions, 'launch'> => ({
  launch: (program, words) => ['perl', '-e', ACTIVATE, socket, program, ...words],
});

test('a service that is given its socket listens there, and leaves it to its giver at the end', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start(activated(place.socket));
  assert.deepEqual(daemon.addresses, [`${place.socket} (inherited)`]);
  assert.equal((await daemon.ask('GET', '/v1/service')).administrator, true);
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
  assert.ok((await lstat(place.socket)).isSocket());
});

test('a socket that was meant for another process is not taken', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start({
    ...activated(place.join('run', 'other.sock')),
    env: { PID_OF_ANOTHER: '1' },
  });
  assert.deepEqual(daemon.addresses, [place.socket]);
  assert.equal((await daemon.ask('GET', '/readyz')).status, 'ready');
});

test('without systemd-notify the service says that it could not say, and works all the same', async () => {
  await using place = await daemonPlace();
  await mkdir(place.join('no-programs'));
  const daemon = await place.start({
    env: { NOTIFY_SOCKET: place.join('notify'), PATH: place.join('no-programs') },
  });
  await daemon.ask('GET', '/v1/service');
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
  const warnings = daemon.log.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
  assert.match(warnings.join('\n'), /systemd could not be told ".*--ready.*systemd-notify/);
});

test('systemd is told of readiness only when calls are taken, and of the end', async () => {
  await using place = await daemonPlace();
  await mkdir(place.join('bin'));
  const told = place.join('told');
  // In place of systemd-notify: notes its words, and whether the socket is there by then.
  await writeFile(
    place.join('bin', 'systemd-notify'),
    `#!/bin/sh\ntest -S '${place.socket}' && echo "$*" >> '${told}'\n`,
  );
  await chmod(place.join('bin', 'systemd-notify'), 0o755);
  const daemon = await place.start({
    env: {
      NOTIFY_SOCKET: place.join('notify'),
      PATH: `${place.join('bin')}:${process.env['PATH'] ?? ''}`,
    },
  });
  await daemon.stop();
  const lines = (await readFile(told, 'utf8')).trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, new RegExp(`--pid=${daemon.pid} --ready --status=.*haulyard\\.sock`));
  assert.match(lines[1]!, /STOPPING=1/);
});
