import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import { plainDisplay } from '../../../src/app/cli/progress/plain-display.ts';
import type { Progress, ProgressDisplay } from '../../../src/app/cli/progress/progress.ts';
import { terminalDisplay } from '../../../src/app/cli/progress/terminal-display.ts';
import { BG_JOB_STATE } from '../../../src/core/constants.ts';

function at(bytesTransferred: number, over: Partial<Progress> = {}): Progress {
  return {
    state: BG_JOB_STATE.TRANSFERRING,
    bytesTotal: 1_000,
    bytesTransferred,
    bytesPerSecond: undefined,
    wait: undefined,
    ...over,
  };
}

/** A plain display with a clock that moves when told, and what it wrote. */
function plain(): {
  readonly display: ProgressDisplay;
  readonly lines: string[];
  readonly pass: (ms: number) => void;
} {
  const lines: string[] = [];
  let nowMs = 0;
  const display = plainDisplay(
    (line) => lines.push(line),
    () => nowMs,
  );
  return { display, lines, pass: (ms) => void (nowMs += ms) };
}

test('without a terminal there is a line at the start, every tenth, and at the end', () => {
  const { display, lines, pass } = plain();
  display.begin('1', 'a', 'fetching http://host/a');
  for (let bytes = 0; bytes <= 300; bytes += 25) {
    pass(1_000);
    display.update('1', at(bytes));
  }
  display.end('1', 'a: done');
  assert.deepEqual(lines, [
    'a: fetching http://host/a',
    'a: 10%, 100 B of 1000 B',
    'a: 20%, 200 B of 1000 B',
    'a: 30%, 300 B of 1000 B',
    'a: done',
  ]);
});

test('a fast download does not get ten lines in a second', () => {
  const { display, lines, pass } = plain();
  display.begin('1', 'a', 'fetching');
  for (let bytes = 0; bytes <= 900; bytes += 100) {
    pass(100);
    display.update('1', at(bytes));
  }
  assert.equal(lines.length, 2);
});

test('a slow download gets a line every ten seconds', () => {
  const { display, lines, pass } = plain();
  display.begin('1', 'a', 'fetching');
  for (let second = 1; second <= 30; second++) {
    pass(1_000);
    display.update('1', at(second, { bytesTotal: undefined }));
  }
  assert.deepEqual(lines.slice(1), ['a: 10 B', 'a: 20 B', 'a: 30 B']);
});

test('a failure that heals is told once', () => {
  const { display, lines, pass } = plain();
  display.begin('1', 'a', 'fetching');
  const wait = { reason: 'It is busy.', atLeastMs: undefined };
  for (let second = 1; second <= 5; second++) {
    pass(1_000);
    display.update('1', at(0, { state: BG_JOB_STATE.TRANSIENT_ERROR, wait }));
  }
  assert.deepEqual(lines.slice(1), ['a: waiting to try again: It is busy.']);
  display.update('1', at(0));
  display.update('1', at(0, { state: BG_JOB_STATE.TRANSIENT_ERROR, wait }));
  assert.equal(lines.length, 3);
});

/** Something that looks like a terminal, and what was drawn on it. */
function fakeTerminal(rows = 24): {
  readonly stream: PassThrough & { rows: number };
  /** What was drawn since the last call, with `ESC` for the escape character. */
  readonly drawn: () => string;
} {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows });
  return { stream, drawn: () => String(stream.read() ?? '').replaceAll('\u001b', 'ESC') };
}

test('on a terminal there are bars below the lines, and the cursor comes back', () => {
  const { stream, drawn } = fakeTerminal();
  const display = terminalDisplay(stream);
  display.begin('1', 'a.bin', 'fetching http://host/a.bin');
  display.begin('2', 'b.bin', 'fetching http://host/b.bin');
  display.update('1', at(500));
  display.update('2', at(250));
  display.line('something to know');
  const before = drawn();
  assert.match(before, /a\.bin: fetching http:\/\/host\/a\.bin\n/);
  assert.match(before, /something to knowESC\[K\n/);
  assert.match(before, /a\.bin {2}\[=+ +\] {2}50% {2}500 B of 1000 B/);
  assert.match(before, /b\.bin {2}\[=+ +\] {2}25% {2}250 B of 1000 B/);
  display.end('1', 'a.bin: done');
  display.end('2', 'b.bin: done');
  const after = drawn();
  assert.match(after, /a\.bin: done/);
  assert.match(after, /ESC\[\?25h[^]*b\.bin: done\n$/);
  display[Symbol.dispose]();
});

test('jobs that wait for their turn and jobs beyond the screen have no bar', () => {
  const { stream, drawn } = fakeTerminal(5);
  const display = terminalDisplay(stream);
  display.update('0', at(0, { state: BG_JOB_STATE.QUEUED }));
  assert.equal(drawn(), '');
  for (let index = 1; index <= 4; index++) {
    display.begin(String(index), `${index}.bin`, 'fetching');
    display.update(String(index), at(index));
  }
  display.line('now');
  const text = drawn();
  assert.match(text, /2\.bin {2}\[/);
  assert.doesNotMatch(text, /3\.bin {2}\[/);
  display[Symbol.dispose]();
  assert.match(drawn(), /ESC\[\?25h/);
});
