import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';

import { openIdoDownloads } from '../../../src/app/agent/ido-downloads.ts';
import { startAgent } from '../../../src/app/agent/start-agent.ts';
import { systemClock } from '../../../src/io/system/system-clock.ts';
import { MemoryDownloads } from '../../support/memory-downloads.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { AgentClient, errorBody } from './agent-client.ts';

/** A listener on real adapters over an engine in memory, as the daemon puts them together. */
async function openSession(path: string, engine: MemoryDownloads) {
  const downloads = await openIdoDownloads({
    manager: engine,
    directory: `${path}/agent`,
    warn: () => undefined,
  });
  const agent = await startAgent({
    downloads,
    runDir: `${path}/run`,
    configDir: `${path}/etc`,
    clock: systemClock,
    warn: () => undefined,
  });
  return {
    agent,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await downloads[Symbol.asyncDispose]();
    },
  };
}

/** Finds the port as the SDK does, and connects. */
async function discover(path: string): Promise<AgentClient> {
  const [name] = (await readdir(`${path}/run`)).filter((each) => each.includes('restport'));
  const [line] = (await readFile(`${path}/run/${name}`, 'utf8')).split('\n');
  return AgentClient.open(Number(line));
}

test('a program built on the SDK downloads a file, across a restart of the service', async () => {
  await using directory = await temporaryDirectory();
  const engine = new MemoryDownloads();
  const target = directory.join('file name.bin');
  const content = Buffer.from('0123456789'.repeat(1_000));
  let id = '';

  {
    await using session = await openSession(directory.path, engine);
    assert.ok(session.agent.port >= 50_000);
    using client = await discover(directory.path);
    const path = encodeURIComponent(target).replaceAll('%2F', '/');
    const made = await client.call(
      'POST',
      `download/create?Uri=http://origin.example:8080/a?b=c@d&DownloadFilePath=${path}`,
    );
    id = (JSON.parse(made.body) as { Id: string }).Id;
    assert.match(made.body, /^\{"Id":"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}"\}\n$/);
    const post = (op: string) => client.call('POST', `download/${op}?Id=${id}`);
    const status = async (): Promise<Record<string, string>> => {
      const { body } = await client.call('GET', `download/getstatus?Id=${id}`);
      return JSON.parse(body) as Record<string, string>;
    };

    assert.equal((await status())['Status'], 'Created');
    assert.equal((await post('finalize')).body, errorBody(0x80d02013));
    assert.equal((await post('start')).body, '{}\n');
    assert.equal((await stat(target)).size, 0);
    for (let round = 0; round < 2; round += 1) {
      assert.equal((await post('pause')).body, '{}\n');
      assert.equal((await status())['Status'], 'Paused');
      assert.equal((await post('start')).body, '{}\n');
    }
    assert.equal((await status())['Status'], 'Transferring');
    const set = await client.call(
      'POST',
      `download/setproperty?Id=${id}&NoProgressTimeoutSeconds=120`,
    );
    assert.equal(set.body, '{}\n');
    const uri = await client.call('GET', `download/getproperty?Id=${id}&PropertyKey=Uri`);
    assert.equal(uri.body, String.raw`{"Uri":"http:\/\/origin.example:8080\/a?b=c@d"}` + '\n');
  }

  assert.deepEqual(await readdir(directory.join('run')), []);
  engine.restart();
  await using session = await openSession(directory.path, engine);
  assert.ok(session.agent.port >= 50_000);
  using client = await discover(directory.path);
  const key = await client.call(
    'GET',
    `download/getproperty?Id=${id}&PropertyKey=NoProgressTimeoutSeconds`,
  );
  assert.equal(key.body, '{"NoProgressTimeoutSeconds":"120"}\n');
  engine.named('file name.bin').complete(content);
  const done = await client.call('GET', `download/getstatus?Id=${id}`);
  assert.equal(
    done.body,
    '{"Status":"Transferred","BytesTotal":"10000","BytesTransferred":"10000",' +
      '"ErrorCode":"0","ExtendedErrorCode":"0"}\n',
  );
  assert.deepEqual(await readFile(target), content);
  assert.equal((await client.call('POST', `download/finalize?Id=${id}`)).body, '{}\n');
  const gone = await client.call('GET', `download/getstatus?Id=${id}`);
  assert.equal(gone.statusLine, 'HTTP/1.1 404 NotFound');
  assert.equal(gone.body, errorBody(0x80070490));
  assert.deepEqual(await readFile(target), content);
});
