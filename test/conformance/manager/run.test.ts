import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { openWorld } from '../../support/engine-world.ts';
import { openClientWorld } from '../../client/client-world.ts';
import { downloadArguments, jobArguments } from './arguments.ts';
import { callbacks } from './callbacks.ts';
import { downloads } from './downloads.ts';
import type { Conformance, OpenHarness, Suite } from './harness.ts';
import { files } from './files.ts';
import { jobMatrix, resumeRefusals } from './job-matrix.ts';
import { manager } from './manager.ts';

/** What one way to open a manager came to. */
interface Run extends Conformance {
  readonly checks: () => number;
  readonly outcomes: ReadonlyMap<string, string>;
}

function newRun(open: OpenHarness): Run {
  const outcomes = new Map<string, string>();
  let checks = 0;
  return {
    open,
    checks: () => checks,
    outcomes,
    note: (call, outcome) => void outcomes.set(call, outcome),
    async check(t: TestContext, name: string, run: () => Promise<void>) {
      await t.test(name, run);
      checks += 1;
    },
  };
}

const RUNS = {
  openManager: newRun(openWorld),
  connect: newRun(openClientWorld),
} as const;

const SUITES: Readonly<Record<string, Suite>> = {
  'the manager': manager,
  'files and properties': files,
  'arguments of the job family': jobArguments,
  'every call in every state': jobMatrix,
  'refusals of resume': resumeRefusals,
  callbacks,
  'the download family': downloads,
  'arguments of the download family': downloadArguments,
};

for (const [title, suite] of Object.entries(SUITES)) {
  for (const [name, run] of Object.entries(RUNS)) {
    test(`${title}: ${name}`, (t) => suite(t, run));
  }
}

test('every call ends alike on openManager and on connect, whatever its arguments', () => {
  const { openManager, connect } = RUNS;
  assert.ok(openManager.outcomes.size > 500, `${openManager.outcomes.size} calls`);
  assert.deepEqual(Object.fromEntries(connect.outcomes), Object.fromEntries(openManager.outcomes));
});

test('both ways pass the same checks', (t) => {
  const openManager = RUNS.openManager.checks();
  const connect = RUNS.connect.checks();
  t.diagnostic(`conformance: openManager ${openManager} checks, connect ${connect} checks`);
  assert.equal(connect, openManager);
});
