import assert from 'node:assert/strict';
import { test } from 'node:test';

import { daemonFlags } from '../../../src/app/cli/actions/daemon-run.ts';
import {
  checkClock,
  checkDataDirectory,
  checkNode,
} from '../../../src/app/cli/actions/doctor-checks.ts';
import { CommandError } from '../../../src/app/cli/command-error.ts';
import { costFlags, costName } from '../../../src/app/cli/remote/cost-names.ts';
import { eventText } from '../../../src/app/cli/remote/event-text.ts';
import { explanationLines } from '../../../src/app/cli/remote/explain.ts';
import { liveLines } from '../../../src/app/cli/remote/job-table.ts';
import { wantedLimits } from '../../../src/app/cli/remote/limit.ts';
import { openLiveTable } from '../../../src/app/cli/remote/live-table.ts';
import { logText, newLines } from '../../../src/app/cli/remote/logs.ts';
import { jobLines } from '../../../src/app/cli/remote/show.ts';
import { wantedChange } from '../../../src/app/cli/remote/set.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { jobResource } from './fake-service.ts';

const wrongChanges = [
  'priority',
  '=low',
  'priority=urgent',
  'limit=fast',
  'no-progress-timeout=5',
  'notify-flags=x',
  'cost=cheap',
  'colour=red',
  'url.x=http://host/',
];

for (const word of wrongChanges) {
  test(`set refuses "${word}" and says why`, () => {
    assert.throws(
      () => wantedChange([word]),
      (error) => error instanceof CommandError && error.exitCode === 28,
    );
  });
}

test('set refuses a key that is given twice', () => {
  assert.throws(() => wantedChange(['limit=1M', 'limit=2M']), /"limit" is given twice/);
});

test('limits come in pairs of a scope and a rate', () => {
  assert.deepEqual(wantedLimits(['TOTAL', '1M', 'background', 'none']), {
    total: 1_048_576,
    background: null,
  });
  assert.throws(() => wantedLimits(['total']), /Give "total" a rate/);
  assert.throws(() => wantedLimits(['totl', '1M']), /did you mean "total"/);
});

test('a cost is a name or a mask, and a known mask has its name', () => {
  assert.equal(costFlags('--cost', 'not-roaming'), 0x8000007f);
  assert.equal(costFlags('--cost', '0x80000021'), 0x80000021);
  assert.equal(costName(0x80000021 | 0), 'unrestricted');
  assert.equal(costName(3), '0x3');
  assert.throws(() => costFlags('--cost', '0x1ffffffff'), /no mask/);
});

test('options of `daemon run` become settings; none is given twice', () => {
  const options = {
    dataDir: '/d',
    socket: '/s',
    tcp: '127.0.0.1:1',
    agent: true,
    logLevel: 'warn',
  };
  assert.deepEqual(daemonFlags({ ...options, set: ['bandwidth.total=2M'] }), {
    'daemon.data_dir': '/d',
    'daemon.socket': '/s',
    'daemon.tcp': '127.0.0.1:1',
    'agent.enabled': 'true',
    'log.level': 'warn',
    'bandwidth.total': '2M',
  });
  assert.throws(() => daemonFlags({ socket: '/s', set: ['daemon.socket=/t'] }), /given twice/);
  assert.throws(() => daemonFlags({ set: ['bandwidth'] }), /section\.key=value/);
});

test('a log that moves on shows its new lines only', () => {
  assert.deepEqual(newLines(['a', 'b'], ['a', 'b', 'c']), ['c']);
  assert.deepEqual(newLines(['a', 'b', 'c'], ['b', 'c', 'd']), ['d']);
  assert.deepEqual(newLines(['a', 'b'], ['a', 'b']), []);
  assert.deepEqual(newLines(['x', 'a'], ['a', 'x', 'a', 'a']), ['a']);
  assert.deepEqual(newLines(['a'], ['y', 'z']), ['y', 'z']);
  assert.deepEqual(newLines([], ['y']), ['y']);
});

test('a line of the log is told in words, and one that is no JSON as it is', () => {
  const line =
    '{"level":"warn","time":"2026-11-23T02:00:00.000Z","pid":1,"msg":"so it is","port":7}';
  assert.match(logText(line), /^2026-11-2\d \d\d:\d\d:00 warn {2}so it is port=7$/);
  assert.equal(logText('plain \u001b[31m'), 'plain \ufffd[31m');
});

test('no row of the live table is wider than the terminal', () => {
  const jobs = [
    jobResource({ displayName: 'x'.repeat(300) }),
    jobResource({
      state: 'transient_error',
      progress: { bytesTotal: null, bytesTransferred: 5, filesTotal: 1, filesTransferred: 0 },
    }),
  ];
  for (let width = 20; width <= 240; width += 7) {
    for (const line of liveLines(jobs, width)) assert.ok(Array.from(line).length <= width, line);
  }
  assert.match(liveLines(jobs, 200)[1] ?? '', /0198c3a2-7f7e.*42%.*10 B\/s +58s/);
});

test('the live table takes a screen of its own and gives it back', () => {
  const drawn: string[] = [];
  const stream = { rows: 5, columns: 60, write: (text: string) => drawn.push(text) > 0 };
  {
    using table = openLiveTable(stream);
    table.draw([jobResource(), jobResource(), jobResource()], 'q ends');
  }
  const text = drawn.join('').replaceAll('\u001b', 'ESC');
  assert.match(text, /^ESC\[\?1049hESC\[\?25l/);
  assert.match(text, /q ends; 1 older ones do not fit/);
  // A line end at the bottom would scroll the screen.
  assert.doesNotMatch(text, /\nESC\[J/);
  assert.match(text, /ESC\[\?25hESC\[\?1049l$/);
});

test('an event is one line', () => {
  const base = { sequence: 7, jobId: 'id', owner: 'a', at: '2026-11-23T02:00:00.000Z' };
  const failure = { kind: 'fatal', code: 'E_FAIL', hresult: -1, message: 'It\nfailed.' } as const;
  assert.match(
    eventText({ ...base, kind: 'job.state', from: 'queued', to: 'error', failure }),
    /^7 .* id {2}queued -> error: It\ufffdfailed\. \(E_FAIL 0xFFFFFFFF\)$/,
  );
  assert.match(
    eventText({
      kind: 'progress',
      jobId: 'id',
      bytesTransferred: 5,
      bytesTotal: 10,
      filesTransferred: 0,
      filesTotal: 1,
      bytesPerSecond: 2,
    }),
    /^id {2}50%, 2 B\/s$/,
  );
});

test('explain answers first and then says what it rests on', () => {
  const rule = { bytesPerSecond: 1_048_576, rule: 'bandwidth.total' };
  const lines = explanationLines({
    id: jobResource().id,
    state: 'queued',
    summary: 'It waits for a slot.',
    reasons: [
      {
        rule: 'slots',
        code: null,
        message: 'All slots are taken.',
        unblockedBy: 'a job ends',
        until: null,
      },
    ],
    block: null,
    slot: { kind: 'background', running: 4, slots: 4, ahead: 2 },
    limits: { total: rule, kind: rule, job: { bytesPerSecond: null, rule: 'none' } },
    sources: [{ fileIndex: 0, kind: 'origin', url: 'http://h/a', considered: 'idle' }],
    error: null,
    retryAt: null,
    noProgressDeadline: null,
    expectedFinish: null,
  });
  assert.equal(lines[1], 'It waits for a slot.');
  assert.ok(lines.includes('  slots: All slots are taken.'));
  assert.ok(lines.includes('    what ends it: a job ends'));
  assert.ok(lines.includes('slot     background: 4 of 4 taken, 2 jobs ahead'));
  assert.ok(lines.includes('limit    job: unlimited (none)'));
});

test('the doctor finds an old Node.js, a wrong clock and an open directory', async () => {
  assert.equal(checkNode('22.1.0').verdict, 'bad');
  assert.equal(checkNode('24.0.0').verdict, 'good');
  assert.equal(checkClock(0).verdict, 'bad');
  await using directory = await temporaryDirectory();
  assert.equal((await checkDataDirectory(directory.join('none'))).verdict, 'note');
  const { chmod } = await import('node:fs/promises');
  await chmod(directory.path, 0o777);
  const open = await checkDataDirectory(directory.path);
  assert.equal(open.verdict, 'bad');
  assert.match(open.advice ?? '', /chmod/);
  await chmod(directory.path, 0o700);
  assert.equal((await checkDataDirectory(directory.path)).verdict, 'good');
});

test('show advises what helps while the service has the job', () => {
  const next = (state: ReturnType<typeof jobResource>['state']): string | undefined =>
    jobLines(jobResource({ state })).findLast((line) => line.startsWith('next'));
  assert.match(next('transferring') ?? '', /haulyard pause /);
  assert.match(next('transient_error') ?? '', /haulyard retry .*haulyard pause /);
  assert.match(next('suspended') ?? '', /haulyard resume /);
});
