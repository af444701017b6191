import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { HookDispatcher } from '../../../src/engine/hooks/hook-dispatcher.ts';
import { owedToHooks } from '../../../src/engine/hooks/owed-events.ts';
import { commandHook } from '../../../src/io/notify/command-hook.ts';
import { sign, webhook } from '../../../src/io/notify/webhook.ts';
import type { Hook, HookDelivery } from '../../../src/ports/hook.ts';
import { ANNA, openServiceWorld, type ServiceWorld } from '../../support/service-world.ts';
import { temporaryDirectory, until } from '../../support/temporary.ts';

const RETRY = { minDelayMs: 10, maxDelayMs: 40, giveUpAfterMs: 60_000 };
const always = (): boolean => true;
const describe = ({ event, attempt }: HookDelivery): unknown => ({
  sequence: event.sequence,
  kind: event.body.kind,
  attempt,
});

interface Told {
  readonly sequence: number;
  readonly attempt: number;
}

/** A hook that fails as often as told before it takes an event. */
function scripted(told: Told[], failures: (delivery: Told) => boolean, name = 'test'): Hook {
  return {
    name,
    wants: always,
    async deliver({ event, attempt }) {
      const delivery = { sequence: event.sequence, attempt };
      told.push(delivery);
      if (failures(delivery)) throw new Error('not now');
    },
  };
}

async function happen(world: ServiceWorld, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await world.service.createJob(ANNA, { displayName: `job ${index}` });
  }
}

test('every event is told, in order, and again until it is taken', async () => {
  await using world = await openServiceWorld();
  const told: Told[] = [];
  const hook = scripted(told, ({ sequence, attempt }) => sequence === 2 && attempt < 3);
  await using _hooks = new HookDispatcher(world.engine, world.hub, [hook], RETRY);
  await happen(world, 3);
  await until(() => told.some(({ sequence }) => sequence === 3), { what: 'the last event' });
  assert.deepEqual(
    told.map(({ sequence, attempt }) => `${sequence}/${attempt}`),
    ['1/1', '2/1', '2/2', '2/3', '3/1'],
  );
});

test('a hook that fails does not hold up another', async () => {
  await using world = await openServiceWorld();
  const told: Told[] = [];
  const bad = scripted([], () => true, 'bad');
  const good = scripted(told, () => false, 'good');
  await using _hooks = new HookDispatcher(world.engine, world.hub, [bad, good], RETRY);
  await happen(world, 3);
  await until(() => told.length === 3, { what: 'the other hook' });
});

test('what was not told before a restart is told after it, and nothing before the hook was there', async () => {
  await using world = await openServiceWorld();
  await happen(world, 2);
  const told: Told[] = [];
  {
    const stuck = scripted([], () => true);
    await using _hooks = new HookDispatcher(world.engine, world.hub, [stuck], RETRY);
    await happen(world, 2);
  }
  await world.reopen();
  await happen(world, 1);
  await using _hooks = new HookDispatcher(
    world.engine,
    world.hub,
    [scripted(told, () => false)],
    RETRY,
  );
  await until(() => told.length === 3, { what: 'all events' });
  assert.deepEqual(
    told.map(({ sequence }) => sequence),
    [3, 4, 5],
  );
  await until(() => owedToHooks(world.engine.ports.store.notes).protectedSequence === 5, {
    what: 'the place of the hook',
  });
});

test('a start forgets no event that a hook is owed, however old it is', async () => {
  await using world = await openServiceWorld({ historyMs: 50 });
  {
    const down = scripted([], () => true);
    await using _hooks = new HookDispatcher(world.engine, world.hub, [down], RETRY);
    await happen(world, 3);
  }
  await sleep(100);
  await world.reopen();
  const told: Told[] = [];
  const up = scripted(told, () => false);
  await using _hooks = new HookDispatcher(world.engine, world.hub, [up], RETRY);
  await until(() => told.length === 3, { what: 'all events' });
  assert.deepEqual(
    told.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
});

test('a hook goes on after a failure of the store, and misses nothing', async () => {
  await using world = await openServiceWorld();
  const told: Told[] = [];
  const hook = scripted(told, () => false);
  await using _hooks = new HookDispatcher(world.engine, world.hub, [hook], RETRY);
  const { jobs } = world.engine;
  const find = jobs.find.bind(jobs);
  let failures = 2;
  jobs.find = (id) => {
    if (failures-- > 0) throw new Error('disk I/O error');
    return find(id);
  };
  await happen(world, 3);
  await until(() => told.length === 3, { what: 'all events' });
  assert.deepEqual(
    told.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  assert.ok(world.warnings.some((warning) => /followed again: disk I\/O error/.test(warning)));
});

test('a burst of what a hook does not want is one write to the store, and not one an event', async () => {
  await using world = await openServiceWorld();
  const hook: Hook = { ...scripted([], () => false), wants: () => false };
  await using _hooks = new HookDispatcher(world.engine, world.hub, [hook], RETRY);
  const { store } = world.engine.ports;
  const set = store.notes.set.bind(store.notes);
  let writes = 0;
  store.notes.set = (name, value) => {
    writes += 1;
    set(name, value);
  };
  const { id } = (await world.service.createJob(ANNA, { displayName: 'job' })).facts;
  const live = world.engine.jobs.get(id);
  store.together(() => {
    for (let seconds = 1; seconds <= 200; seconds += 1)
      world.engine.call(live, { call: 'setNoProgressTimeout', seconds });
  });
  await until(() => owedToHooks(store.notes).protectedSequence === 201, {
    what: 'the end of the log',
  });
  assert.ok(writes <= 4, `${writes} writes`);
});

test('an event that cannot be told for too long is given up with a warning', async () => {
  await using world = await openServiceWorld();
  const told: Told[] = [];
  const hook = scripted(told, ({ sequence }) => sequence === 1);
  await using _hooks = new HookDispatcher(world.engine, world.hub, [hook], {
    ...RETRY,
    giveUpAfterMs: 50,
  });
  await happen(world, 2);
  await until(() => told.some(({ sequence }) => sequence === 2), { what: 'the next event' });
  assert.ok(world.warnings.some((warning) => /event 1 is given up/.test(warning)));
});

test('a command gets the facts as JSON and in its environment, and its exit code decides', async () => {
  await using world = await openServiceWorld();
  await using directory = await temporaryDirectory();
  const script = directory.join('hook.sh');
  const output = directory.join('output');
  await writeFile(
    script,
    `#!/bin/sh\ncat >> '${output}'\nprintf '%s %s %s\\n' "$HAULYARD_EVENT" "$HAULYARD_EVENT_ID" "$HAULYARD_JOB_NAME" >> '${output}'\n[ "$HAULYARD_ATTEMPT" -gt 1 ] || { echo no >&2; exit 3; }\n`,
  );
  await chmod(script, 0o755);
  const hook = commandHook({
    name: 'command',
    command: [script],
    wants: always,
    describe,
    timeoutMs: 10_000,
  });
  await using _hooks = new HookDispatcher(world.engine, world.hub, [hook], RETRY);
  await world.service.createJob(ANNA, { displayName: 'two words' });
  await until(async () => (await readFile(output, 'utf8').catch(() => '')).split('\n').length > 4, {
    what: 'both attempts',
  });
  assert.deepEqual((await readFile(output, 'utf8')).split('\n').slice(0, 4), [
    '{"sequence":1,"kind":"job.created","attempt":1}',
    'job.created 1 two words',
    '{"sequence":1,"kind":"job.created","attempt":2}',
    'job.created 1 two words',
  ]);
  assert.ok(world.warnings.some((warning) => /ended with 3: no/.test(warning)));
});

test('a command that does not end is killed and told again', async () => {
  const hook = commandHook({
    name: 'command',
    command: ['/bin/sh', '-c', 'sleep 60'],
    wants: always,
    describe,
    timeoutMs: 50,
  });
  await assert.rejects(hook.deliver(delivery(), new AbortController().signal), {
    message: /was ended by SIGKILL/,
  });
});

test('a program that is not there is an error of the hook', async () => {
  const hook = commandHook({
    name: 'command',
    command: ['/no/such/program'],
    wants: always,
    describe,
    timeoutMs: 5_000,
  });
  await assert.rejects(hook.deliver(delivery(), new AbortController().signal), {
    code: 'E_FAIL',
    message: /\/no\/such\/program/,
  });
});

test('a webhook is signed over id, time and body, and told again after any answer but 2xx', async () => {
  const requests: { headers: IncomingMessage['headers']; body: string }[] = [];
  const answers = [500, 302, 204];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 204, { location: 'http://127.0.0.1:9/' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await using world = await openServiceWorld();
    const hook = webhook({
      name: 'webhook',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
      secret: async () => 'a secret of sixteen',
      wants: always,
      describe,
      timeoutMs: 5_000,
      wallMs: () => 1_700_000_000_999,
      userAgent: 'haulyard/test',
    });
    await using _hooks = new HookDispatcher(world.engine, world.hub, [hook], RETRY);
    await happen(world, 1);
    await until(() => requests.length === 3, { what: 'three attempts' });
    for (const { headers, body } of requests) {
      assert.equal(headers['webhook-id'], 'evt_1');
      assert.equal(headers['webhook-timestamp'], '1700000000');
      assert.equal(
        headers['webhook-signature'],
        `v1,${sign('a secret of sixteen', `evt_1.1700000000.${body}`)}`,
      );
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

function delivery(): HookDelivery {
  return {
    event: {
      sequence: 1,
      jobId: '0190d2a1-0000-7000-8000-000000000001',
      owner: 'anna',
      atMs: 0,
      body: { kind: 'job.created', displayName: 'a' },
    },
    job: undefined,
    attempt: 1,
  };
}

test('a program that cannot be started for lack of descriptors is a failure, and not the end', async (t) => {
  if (process.platform === 'win32') {
    t.skip('there is no such limit');
    return;
  }
  const source = new URL('../../../src/io/notify/command-hook.ts', import.meta.url).href;
  const script = `
    import { openSync } from 'node:fs';
    import { commandHook } from ${JSON.stringify(source)};
    const hook = commandHook({ name: 'x', command: ['/bin/true'], wants: () => true, describe: () => ({}), timeoutMs: 1000 });
    const event = { sequence: 1, jobId: 'j', owner: 'o', atMs: 0, body: { kind: 'job.created' } };
    try { for (;;) openSync('/dev/null'); } catch {}
    const told = await hook.deliver({ event, job: undefined, attempt: 1 }, new AbortController().signal).catch((error) => error.code);
    setImmediate(() => process.exit(told === 'E_FAIL' ? 0 : 3));
  `;
  const child = spawn(
    '/bin/sh',
    ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { stdio: 'ignore' },
  );
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
