import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { answerRequest } from '../../../src/app/agent/calls.ts';
import { DeliveryOptimizationError } from '../../../src/core/errors.ts';
import { AgentClient, errorBody, okReply, requestText, type AgentReply } from './agent-client.ts';
import { openAgentWorld, type AgentWorld } from './agent-world.ts';
import { FAKE_ID, FakeAgentDownloads } from './fake-agent-downloads.ts';

let world: AgentWorld;
let client: AgentClient;

before(async () => {
  world = await openAgentWorld();
  client = await AgentClient.open(world.agent.port);
});
after(async () => {
  client[Symbol.dispose]();
  await world[Symbol.asyncDispose]();
});
beforeEach(() => {
  world.downloads.calls.length = 0;
  world.downloads.failure = undefined;
});

const UNKNOWN_ID = 0x80070490;
const UNSUPPORTED = 0x80070032;
const INVALID_ARG = 0x80070057;
const BAD_ESCAPE = 0x8007023e;
const UNKNOWN_PROPERTY = 0x80d02011;

function assertError(reply: AgentReply, hresult: number, statusLine: string): void {
  const body = errorBody(hresult);
  assert.equal(
    reply.head + reply.body,
    `HTTP/1.1 ${statusLine}\r\nContent-Length: ${body.length}\r\n` +
      `Server: Delivery-Optimization-Agent/1.1.0\r\n\r\n${body}`,
  );
}

// Section 3: what each call answers, to the byte.

test('create answers the id', async () => {
  const reply = await client.call(
    'POST',
    'download/create?Uri=http://h:80/a?b=c@d&DownloadFilePath=/tmp/x',
  );
  assert.equal(reply.head + reply.body, okReply(`{"Id":"${FAKE_ID}"}\n`));
  assert.deepEqual(world.downloads.calls, ['create http://h:80/a?b=c@d /tmp/x']);
});

test('create takes neither, or empty values, as nothing given', async () => {
  await client.call('POST', 'download/create');
  await client.call('POST', 'download/create?');
  await client.call('POST', 'download/create?Uri=&DownloadFilePath=');
  assert.deepEqual(world.downloads.calls, ['create - -', 'create - -', 'create - -']);
});

for (const op of ['start', 'pause', 'finalize', 'abort']) {
  test(`${op} answers an empty object`, async () => {
    const reply = await client.call('POST', `download/${op}?Id=${FAKE_ID}`);
    assert.equal(reply.head + reply.body, okReply('{}\n'));
    assert.deepEqual(world.downloads.calls, [`${op} ${FAKE_ID}`]);
  });
}

test('getstatus answers five strings in their order', async () => {
  const reply = await client.call('GET', `download/getstatus?Id=${FAKE_ID}`);
  const body =
    '{"Status":"Transferring","BytesTotal":"209715200","BytesTransferred":"5242032",' +
    '"ErrorCode":"0","ExtendedErrorCode":"0"}\n';
  assert.equal(reply.head + reply.body, okReply(body));
});

test('getstatus writes codes with their sign', async () => {
  const before = world.downloads.current;
  world.downloads.current = { ...before, error: 0x80190194, extendedError: 0x80d03805 };
  const reply = await client.call('GET', `download/getstatus?Id=${FAKE_ID}`);
  world.downloads.current = before;
  assert.deepEqual(JSON.parse(reply.body), {
    Status: 'Transferring',
    BytesTotal: '209715200',
    BytesTransferred: '5242032',
    ErrorCode: String(0x80190194 | 0),
    ExtendedErrorCode: String(0x80d03805 | 0),
  });
});

test('getproperty answers the key as it was sent, with slashes escaped', async () => {
  const reply = await client.call('GET', `download/getproperty?PropertyKey=uRI&Id=${FAKE_ID}`);
  assert.equal(
    reply.head + reply.body,
    okReply(String.raw`{"uRI":"http:\/\/example.com\/a b"}` + '\n'),
  );
  assert.deepEqual(world.downloads.calls, [`getProperty ${FAKE_ID} Uri`]);
});

test('text of every kind comes back as valid JSON of its real length', async () => {
  const text = 'ä"\\/\u0001\u001f\u007f€𝄞\\u00ff';
  world.downloads.properties.set('Uri', text);
  const reply = await client.call('GET', `download/getproperty?Id=${FAKE_ID}&PropertyKey=Uri`);
  assert.equal(
    reply.body,
    String.raw`{"Uri":"ä\"\\\/\u0001\u001F` + '\u007f€𝄞' + String.raw`\\u00ff"}` + '\n',
  );
  assert.deepEqual(JSON.parse(reply.body), { Uri: text });
});

test('a value that would make the reply too long for a client is an error instead', async () => {
  world.downloads.properties.set('Uri', 'x'.repeat(1_900));
  const fits = await client.call('GET', `download/getproperty?Id=${FAKE_ID}&PropertyKey=Uri`);
  assert.equal(fits.status, 200);
  world.downloads.properties.set('Uri', '/'.repeat(1_000));
  const long = await client.call('GET', `download/getproperty?Id=${FAKE_ID}&PropertyKey=Uri`);
  assertError(long, 0x8007007a, '400 BadRequest');
});

test('a reply of 2048 bytes is sent and one of 2049 is not', async () => {
  const overhead = okReply('{"Uri":""}\n').length + 2;
  world.downloads.properties.set('Uri', 'x'.repeat(2_048 - overhead));
  const fits = await client.call('GET', `download/getproperty?Id=${FAKE_ID}&PropertyKey=Uri`);
  assert.equal(fits.head.length + fits.body.length, 2_048);
  world.downloads.properties.set('Uri', 'x'.repeat(2_049 - overhead));
  const long = await client.call('GET', `download/getproperty?Id=${FAKE_ID}&PropertyKey=Uri`);
  assert.equal(long.status, 400);
});

test('setproperty sets what its query holds, the id apart', async () => {
  const reply = await client.call(
    'POST',
    `download/setproperty?NoProgressTimeoutSeconds=60&Id=${FAKE_ID}&Uri=http://h/`,
  );
  assert.equal(reply.head + reply.body, okReply('{}\n'));
  assert.deepEqual(world.downloads.calls, [
    `getProperty ${FAKE_ID} Id`,
    `setProperty ${FAKE_ID} Uri http://h/`,
    `setProperty ${FAKE_ID} NoProgressTimeoutSeconds 60`,
  ]);
});

test('enumerate is not offered', async () => {
  assertError(await client.call('GET', 'download/enumerate'), 0x80004001, '400 BadRequest');
});

// Section 2: spellings of a target.

const spellings = [
  `download/start?Id=${FAKE_ID}`,
  `/download/start?Id=${FAKE_ID}`,
  `//download//start//?Id=${FAKE_ID}`,
  `download/start/?Id=${FAKE_ID}`,
  `DownLoad/START?ID=${FAKE_ID}`,
  `http://127.0.0.1:50000/download/start?Id=${FAKE_ID}`,
  `HTTP://localhost/download/start?Id=${FAKE_ID}`,
  `%64ownload/st%61rt?Id=${FAKE_ID}`,
  `download/start?%49d=${FAKE_ID}`,
  `download/start?Id=${FAKE_ID.replace('9', '%39')}`,
  `download/start?Id=none&iD=${FAKE_ID}`,
  `download/start?Id=${FAKE_ID}&Nonsense&&`,
  `download/start?Id=${FAKE_ID}#part`,
  `download/start?Uri=x&PropertyKey=y&Id=${FAKE_ID}`,
];
for (const target of spellings) {
  test(`accepted: ${target}`, async () => {
    const reply = await client.call('POST', target);
    assert.equal(reply.head + reply.body, okReply('{}\n'));
    assert.deepEqual(world.downloads.calls, [`start ${FAKE_ID}`]);
  });
}

test('values are percent-decoded as UTF-8, and a plus sign stays one', async () => {
  const raw = Buffer.from('ü').toString('latin1');
  await client.call(
    'POST',
    `download/create?Uri=http://h/%25a+b%26c&DownloadFilePath=/%C3%BC${raw}`,
  );
  assert.deepEqual(world.downloads.calls, ['create http://h/%a+b&c /üü']);
});

// Section 4: codes and their statuses.

const failures: readonly (readonly [string, string, string, number, string])[] = [
  [
    'unknown id',
    'GET',
    'download/getstatus?Id=00000000-0000-0000-0000-000000000000',
    UNKNOWN_ID,
    '404 NotFound',
  ],
  ['missing id', 'GET', 'download/getstatus', UNKNOWN_ID, '404 NotFound'],
  ['id without a value', 'POST', 'download/start?Id=', UNKNOWN_ID, '404 NotFound'],
  ['id without an equals sign', 'POST', 'download/start?Id', UNKNOWN_ID, '404 NotFound'],
  [
    'id in capitals',
    'POST',
    `download/start?Id=${FAKE_ID.toUpperCase()}`,
    UNKNOWN_ID,
    '404 NotFound',
  ],
  ['setproperty of an unknown id', 'POST', 'download/setproperty?Id=1', UNKNOWN_ID, '404 NotFound'],
  ['unknown op', 'POST', `download/resume?Id=${FAKE_ID}`, UNSUPPORTED, '400 BadRequest'],
  [
    'op like a property of every object',
    'POST',
    'download/constructor',
    UNSUPPORTED,
    '400 BadRequest',
  ],
  ['no op', 'POST', 'download', UNSUPPORTED, '400 BadRequest'],
  ['no path', 'GET', '/', UNSUPPORTED, '400 BadRequest'],
  ['asterisk', 'OPTIONS', '*', UNSUPPORTED, '400 BadRequest'],
  ['wrong path', 'POST', 'upload/create', UNSUPPORTED, '400 BadRequest'],
  ['path too long', 'POST', 'download/create/more', UNSUPPORTED, '400 BadRequest'],
  ['an encoded slash', 'POST', 'download%2Fcreate', UNSUPPORTED, '400 BadRequest'],
  ['GET for POST', 'GET', `download/start?Id=${FAKE_ID}`, UNSUPPORTED, '400 BadRequest'],
  ['POST for GET', 'POST', `download/getstatus?Id=${FAKE_ID}`, UNSUPPORTED, '400 BadRequest'],
  ['PUT', 'PUT', 'download/create', UNSUPPORTED, '400 BadRequest'],
  ['method in lower case', 'post', 'download/create', UNSUPPORTED, '400 BadRequest'],
  ['unknown query key', 'POST', 'download/create?Url=http://h/', INVALID_ARG, '400 BadRequest'],
  ['empty query key', 'POST', 'download/create?=1', INVALID_ARG, '400 BadRequest'],
  [
    'key like a property of every object',
    'POST',
    'download/create?constructor=1',
    INVALID_ARG,
    '400 BadRequest',
  ],
  [
    'empty PropertyKey',
    'GET',
    `download/getproperty?Id=${FAKE_ID}&PropertyKey=`,
    INVALID_ARG,
    '400 BadRequest',
  ],
  ['no PropertyKey', 'GET', `download/getproperty?Id=${FAKE_ID}`, INVALID_ARG, '400 BadRequest'],
  [
    'text that is not UTF-8',
    'POST',
    'download/create?DownloadFilePath=/%FF',
    INVALID_ARG,
    '400 BadRequest',
  ],
  [
    'unknown property',
    'GET',
    `download/getproperty?Id=${FAKE_ID}&PropertyKey=Size`,
    UNKNOWN_PROPERTY,
    '400 BadRequest',
  ],
  [
    'PropertyKey as a property',
    'GET',
    `download/getproperty?Id=${FAKE_ID}&PropertyKey=PropertyKey`,
    UNKNOWN_PROPERTY,
    '400 BadRequest',
  ],
  [
    'PropertyKey to be set',
    'POST',
    `download/setproperty?Id=${FAKE_ID}&PropertyKey=x`,
    UNKNOWN_PROPERTY,
    '400 BadRequest',
  ],
  ['half an escape', 'POST', 'download/create?Uri=http://h/%4', BAD_ESCAPE, '500 InternalError'],
  [
    'an escape without digits',
    'POST',
    'download/create?Uri=http://h/%zz',
    BAD_ESCAPE,
    '500 InternalError',
  ],
  ['a bad escape in the path', 'POST', 'download/cre%te', BAD_ESCAPE, '500 InternalError'],
  ['a bad escape in a key', 'POST', 'download/create?%u=1', BAD_ESCAPE, '500 InternalError'],
];
for (const [what, method, target, hresult, statusLine] of failures) {
  test(`refused: ${what}`, async () => {
    assertError(await client.call(method, target), hresult, statusLine);
    const done = world.downloads.calls.filter((call) => !call.startsWith('getProperty'));
    assert.ok(
      done.every((call) => /^(status|start) /.test(call)),
      done.join(),
    );
  });
}

const codes: readonly (readonly [number, string])[] = [
  [0x80070490, '404 NotFound'],
  [0x8007000e, '503 ServiceUnavailable'],
  [0x8007023e, '500 InternalError'],
  [0x80d02013, '400 BadRequest'],
  [0xc0d00011, '400 BadRequest'],
  [0x800c0002, '400 BadRequest'],
];
for (const [hresult, statusLine] of codes) {
  test(`a failure of 0x${hresult.toString(16)} is ${statusLine}`, async () => {
    world.downloads.failure = new DeliveryOptimizationError('E_FAIL', 'x', { hresult });
    assertError(await client.call('POST', `download/start?Id=${FAKE_ID}`), hresult, statusLine);
  });
}

test('a fault of ours is told to the client as such, and to the person who runs it', async () => {
  world.downloads.failure = new TypeError('not a function');
  assertError(await client.call('POST', 'download/create'), BAD_ESCAPE, '500 InternalError');
  assert.match(world.warnings.pop() ?? '', /unexpectedly: TypeError: not a function/);
});

// Defect 11 and the peer's address.

const strangers: readonly (readonly [string, readonly string[], string?])[] = [
  ['an Origin', ['Origin: http://127.0.0.1:50000']],
  ['an Origin of null', ['oRiGiN: null']],
  ['a second Host that is foreign', ['Host: evil.example']],
  ['a Host that begins like loopback', ['Host: 127.0.0.1.evil.example']],
  ['a Host that begins like localhost', ['Host: localhost.evil.example']],
  ['an empty Host', ['Host:']],
  ['a Host of another address', ['Host: 192.168.1.1:50000']],
  ['a foreign host in absolute form', [], 'http://evil.example/download/create'],
];
for (const [what, headers, target = 'download/create'] of strangers) {
  test(`refused: ${what}`, async () => {
    assertError(await client.call('POST', target, headers), INVALID_ARG, '400 BadRequest');
    assert.deepEqual(world.downloads.calls, []);
  });
}

for (const host of ['localhost', 'LOCALHOST:50000', '127.1.2.3:1', '[::1]', '[::1]:50000']) {
  test(`accepted: Host ${host}`, async () => {
    client.send(`POST download/create HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal((await client.reply()).status, 200);
  });
}

test('a request without a Host is accepted', async () => {
  client.send('POST download/create HTTP/1.1\r\n\r\n');
  assert.equal((await client.reply()).status, 200);
});

test('a peer that is not loopback is refused unless the configuration says otherwise', async () => {
  const downloads = new FakeAgentDownloads();
  const request = { method: 'POST', target: 'download/create', headers: [] };
  const ask = async (peer: string | undefined, validateRemoteAddr: boolean): Promise<string> => {
    const reply = await answerRequest(request, peer, {
      downloads,
      validateRemoteAddr,
      warn: assert.fail,
    });
    return reply.toString();
  };
  for (const peer of ['10.0.0.1', '::1', '128.0.0.1', '::ffff:10.0.0.1', '', undefined]) {
    assert.match(await ask(peer, true), /^HTTP\/1.1 400 BadRequest\r\n[^]*-2147024809 \}$/, peer);
    assert.match(await ask(peer, false), /^HTTP\/1.1 200 OK/, peer);
  }
  for (const peer of ['127.0.0.1', '127.255.0.3', '::ffff:127.0.0.1']) {
    assert.match(await ask(peer, true), /^HTTP\/1.1 200 OK/, peer);
  }
});

test('every reply keeps the connection, whatever the client says about it', async () => {
  for (let round = 0; round < 3; round += 1) {
    const reply = await client.call('POST', 'download/nonsense', ['Connection: close']);
    assert.equal(reply.status, 400);
  }
  assert.equal(client.unread, 0);
  assert.ok(!client.hasEnded);
});

test('a request with a body is answered like one without', async () => {
  client.send(requestText('POST', 'download/create', ['Content-Length: 5']) + 'Id=ab');
  assert.equal((await client.reply()).status, 200);
  assert.equal((await client.call('POST', 'download/create')).status, 200);
});
