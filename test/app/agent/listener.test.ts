import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';

import { FIRST_PORT, LAST_PORT, MAX_LINE_BYTES } from '../../../src/app/agent/limits.ts';
import { AgentListener, type ListenerOptions } from '../../../src/app/agent/listener.ts';
import { systemClock } from '../../../src/io/system/system-clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/temporary.ts';
import { AgentClient, errorBody, requestText } from './agent-client.ts';
import { openAgentWorld } from './agent-world.ts';
import { FAKE_ID } from './fake-agent-downloads.ts';

const UNREADABLE = 'HTTP/1.1 400 BadRequest\r\nServer: Delivery-Optimization-Agent/1.1.0\r\n\r\n';
const CREATE = requestText('POST', 'download/create');
const STATUS = requestText('GET', `download/getstatus?Id=${FAKE_ID}`);

/** A listener that answers every request with its target. */
function openEcho(options: Partial<ListenerOptions> = {}): Promise<AgentListener> {
  return AgentListener.open({
    answer: (request) => Promise.resolve(Buffer.from(reply(request.target))),
    clock: systemClock,
    warn: (message) => assert.fail(message),
    ...options,
  });
}

function reply(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

test('it listens on the first port that is free', async () => {
  await using first = await openEcho();
  assert.ok(first.port >= FIRST_PORT && first.port <= LAST_PORT);
  await using second = await openEcho({ firstPort: first.port });
  assert.ok(second.port > first.port);
  using client = await AgentClient.open(second.port);
  assert.equal((await client.call('GET', 'hello')).body, 'hello');
});

test('it says so when no port is free', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await assert.rejects(openEcho({ firstPort: port, lastPort: port }), {
    message: `No port from ${port} to ${port} is free for the clients of the agent.`,
  });
  other.close();
});

test('it listens on loopback alone', async () => {
  await using world = await openAgentWorld();
  // Only a listener on 127.0.0.1 leaves the same port of another loopback address free.
  const other = createServer().listen(world.agent.port, '127.0.0.2');
  await once(other, 'listening');
  other.close();
});

test('a request is answered however it is cut, at every byte', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  for (let at = 1; at < STATUS.length; at += 1) {
    client.send(STATUS.slice(0, at));
    // A turn of the loop for the listener to read the first part by itself.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    client.send(STATUS.slice(at));
    assert.equal((await client.reply()).status, 200, `cut at ${at}`);
  }
  assert.equal(world.downloads.calls.length, STATUS.length - 1);
});

test('requests that come together are answered one by one, in their order', async () => {
  await using listener = await openEcho({
    async answer(request) {
      // The earlier ones take longest.
      const turns = 20 - Number(request.target);
      for (let turn = 0; turn < turns; turn += 1) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      return Buffer.from(reply(request.target));
    },
  });
  using client = await AgentClient.open(listener.port);
  const numbers = Array.from({ length: 20 }, (_, index) => String(index));
  client.send(numbers.map((number) => requestText('GET', number)).join(''));
  for (const number of numbers) assert.equal((await client.reply()).body, number);
});

test('what cannot be read gets its short reply and the end, after the replies before it', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  client.send(`${CREATE}GET nonsense\r\n\r\n${CREATE}`);
  assert.equal((await client.reply()).status, 200);
  assert.equal(await client.rest(), UNREADABLE);
  assert.equal(world.downloads.calls.length, 1);
});

test('a line without an end is refused at its bound', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  client.send('x'.repeat(MAX_LINE_BYTES + 1));
  assert.equal(await client.rest(), UNREADABLE);
});

test('the refusal reaches a client that is still sending', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  client.send('x'.repeat(500_000));
  assert.equal(await client.rest(), UNREADABLE);
});

test('a client that never stops sending nonsense is cut', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  const nonsense = Buffer.alloc(65_536, 'x');
  const pump = (): void => {
    while (!client.socket.destroyed && client.socket.write(nonsense));
  };
  client.socket.on('drain', pump);
  pump();
  await until(() => client.socket.destroyed, { what: 'the connection to be cut' });
});

test('a client that has sent its end is still answered', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  let release = (): void => undefined;
  world.downloads.hold = new Promise((resolve) => {
    release = resolve;
  });
  client.socket.end(CREATE + STATUS);
  await until(() => world.downloads.calls.length === 1, { what: 'the first call' });
  release();
  assert.equal((await client.reply()).status, 200);
  assert.equal((await client.reply()).status, 200);
  assert.equal(await client.rest(), '');
});

test('an end in the middle of a request is a request that cannot be read', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  client.socket.end(CREATE + CREATE.slice(0, 30));
  assert.equal((await client.reply()).status, 200);
  assert.equal(await client.rest(), UNREADABLE);
});

test('connections that are reset with unread replies end nothing but themselves', async () => {
  await using world = await openAgentWorld();
  let release = (): void => undefined;
  world.downloads.hold = new Promise((resolve) => {
    release = resolve;
  });
  for (let round = 0; round < 50; round += 1) {
    const client = await AgentClient.open(world.agent.port);
    client.send(CREATE + STATUS + STATUS);
    await until(() => world.downloads.calls.length > round, { what: 'the call' });
    client.socket.resetAndDestroy();
  }
  release();
  world.downloads.hold = undefined;
  for (let round = 0; round < 50; round += 1) {
    const client = await AgentClient.open(world.agent.port);
    client.send(STATUS.repeat(20));
    client.socket.pause();
    client.socket.resetAndDestroy();
  }
  using client = await AgentClient.open(world.agent.port);
  assert.equal((await client.call('POST', 'download/create')).status, 200);
  assert.deepEqual(world.warnings, []);
});

test('two thousand idle connections are held, and a new client is served', async () => {
  await using listener = await openEcho();
  const idle: AgentClient[] = [];
  for (let batch = 0; batch < 20; batch += 1) {
    idle.push(
      ...(await Promise.all(Array.from({ length: 100 }, () => AgentClient.open(listener.port)))),
    );
  }
  await until(() => listener.connectionCount === 2_000, { what: 'all to be accepted' });
  using client = await AgentClient.open(listener.port);
  assert.equal((await client.call('GET', 'a')).body, 'a');
  for (const each of [idle[0], idle[999], idle[1_999]]) {
    assert.equal((await each?.call('GET', 'still here'.replace(' ', '-')))?.body, 'still-here');
  }
  for (const each of idle) each[Symbol.dispose]();
  await until(() => listener.connectionCount === 1, { what: 'the others to be gone' });
});

test('beyond the bound a new connection takes the place of the one idle longest', async () => {
  await using listener = await openEcho({ maxConnections: 3 });
  using first = await AgentClient.open(listener.port);
  using second = await AgentClient.open(listener.port);
  using third = await AgentClient.open(listener.port);
  for (const each of [second, third, first]) await each.call('GET', 'x');
  using fourth = await AgentClient.open(listener.port);
  assert.equal((await fourth.call('GET', 'y')).body, 'y');
  assert.equal(await second.rest(), '');
  for (const each of [first, third]) assert.equal((await each.call('GET', 'z')).body, 'z');
  assert.equal(listener.connectionCount, 3);
});

test('when all connections are in the middle of something, a new one is turned away', async () => {
  let calls = 0;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await using listener = await openEcho({
    maxConnections: 2,
    async answer(request) {
      calls += 1;
      await held;
      return Buffer.from(reply(request.target));
    },
  });
  using first = await AgentClient.open(listener.port);
  using second = await AgentClient.open(listener.port);
  first.send(requestText('GET', 'a'));
  second.send(requestText('GET', 'b'));
  await until(() => calls === 2, { what: 'both calls' });
  using third = await AgentClient.open(listener.port);
  assert.equal(await third.rest(), '');
  release();
  assert.equal((await first.reply()).body, 'a');
  assert.equal((await second.reply()).body, 'b');
});

test('a request that is sent too slowly is given up, a silent connection is not', async () => {
  const clock = new ManualClock();
  await using listener = await openEcho({ clock });
  using slow = await AgentClient.open(listener.port);
  using idle = await AgentClient.open(listener.port);
  assert.equal((await slow.call('GET', 'a')).body, 'a');
  await idle.call('GET', 'a');
  // With its reply the listener shows that it has read the beginning of the next request.
  slow.send(`${requestText('GET', 'b')}GET`);
  await slow.reply();
  for (let second = 0; second < 9; second += 1) {
    await clock.advance(1_000);
    slow.send(second === 0 ? ' ' : 'x');
  }
  assert.ok(!slow.hasEnded);
  await clock.advance(2_000);
  assert.equal(await slow.rest(), '');
  await clock.advance(3_600_000);
  assert.equal((await idle.call('GET', 'c')).body, 'c');
});

test('a client that does not read its replies is cut, and does not fill the memory', async () => {
  const clock = new ManualClock();
  let answered = 0;
  await using listener = await openEcho({
    clock,
    answer: () => {
      answered += 1;
      return Promise.resolve(Buffer.from(reply('x'.repeat(1_900))));
    },
  });
  using client = await AgentClient.open(listener.port);
  client.socket.pause();
  const many = requestText('GET', 'a').repeat(1_000);
  const pump = (): void => {
    while (!client.socket.destroyed && client.socket.write(many));
  };
  client.socket.on('drain', pump);
  pump();
  // It stops answering once the buffers of the system are full.
  let last = -1;
  await until(
    () => {
      const isStill = answered > 0 && answered === last;
      last = answered;
      return isStill;
    },
    { what: 'the listener to stop', everyMs: 200, timeoutMs: 20_000 },
  );
  await clock.advance(11_000);
  await until(() => listener.connectionCount === 0, { what: 'the connection to be cut' });
});

test('closing answers what is under way and ends everything', async () => {
  await using world = await openAgentWorld();
  using idle = await AgentClient.open(world.agent.port);
  using busy = await AgentClient.open(world.agent.port);
  let release = (): void => undefined;
  world.downloads.hold = new Promise((resolve) => {
    release = resolve;
  });
  busy.send(CREATE);
  await until(() => world.downloads.calls.length === 1, { what: 'the call' });
  const closed = world.agent[Symbol.asyncDispose]();
  assert.equal(await idle.rest(), '');
  release();
  assert.equal((await busy.reply()).status, 200);
  await closed;
  await assert.rejects(AgentClient.open(world.agent.port));
});

test('closing does not wait for a call that never ends', async () => {
  const clock = new ManualClock();
  const listener = await openEcho({ clock, answer: () => new Promise(() => undefined) });
  using client = await AgentClient.open(listener.port);
  client.send(requestText('GET', 'a'));
  await until(() => listener.connectionCount === 1, { what: 'the connection' });
  const closed = listener[Symbol.asyncDispose]();
  await clock.advance(2_000);
  await closed;
  assert.equal(await client.rest(), '');
});

test('errors of section 4 leave the connection as it was', async () => {
  await using world = await openAgentWorld();
  using client = await AgentClient.open(world.agent.port);
  const bad = await client.call('GET', 'download/getstatus?Id=none');
  assert.equal(bad.body, errorBody(0x80070490));
  assert.equal((await client.call('POST', 'download/create')).status, 200);
});
