import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { openApiWorld, TOKENS } from '../../support/api-world.ts';
import { startOrigin } from '../../support/origin.ts';
import { listen } from '../../support/sse-client.ts';
import { until } from '../../support/temporary.ts';
import { type Family, keyOf, parsePrometheusText } from './prometheus-text.ts';
import { makeJob } from './route-cases.ts';

function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = keyOf(labels);
  return [...families.values()]
    .flatMap(({ samples }) => samples)
    .find((sample) => sample.name === name && keyOf(sample.labels) === wanted)?.value;
}

test('metrics count jobs, bytes, requests and listeners', async () => {
  await using world = await openApiWorld();
  await using origin = await startOrigin();
  await makeJob(world, 'one');
  await makeJob(world, 'two');
  const url = origin.put('/file', { body: Buffer.alloc(100_000) });
  const files = [{ remoteName: url, localName: world.target('file.bin') }];
  const body = { displayName: 'moves', files, resume: true };
  const { json } = await world.send({ method: 'POST', path: '/v1/jobs', body });
  await until(
    async () => (await world.send({ path: `/v1/jobs/${json.id}` })).json.state === 'transferred',
    { what: 'the transfer' },
  );
  await world.send({ path: '/v1/jobs?limit=none' });
  await using listener = await listen(world.port, TOKENS.alice);
  assert.equal(listener.status, 200);
  const read = async (): Promise<ReadonlyMap<string, Family>> =>
    parsePrometheusText((await world.send({ path: '/metrics' })).text);
  const families = await read();
  assert.equal(valueOf(families, 'haulyard_jobs', { state: 'suspended' }), 2);
  assert.equal(valueOf(families, 'haulyard_jobs', { state: 'transferred' }), 1);
  assert.equal(valueOf(families, 'haulyard_jobs', { state: 'error' }), 0);
  assert.equal(valueOf(families, 'haulyard_jobs_running', { kind: 'background' }), 0);
  assert.equal(valueOf(families, 'haulyard_bytes_per_second'), 0);
  assert.equal(valueOf(families, 'haulyard_event_listeners'), 1);
  assert.equal(valueOf(families, 'haulyard_event_sequence'), world.service.eventBounds().last);
  const requests = 'haulyard_http_requests_total';
  assert.equal(valueOf(families, requests, { route: 'createJob', status: '201' }), 3);
  assert.equal(valueOf(families, requests, { route: 'listJobs', status: '400' }), 1);
  const durations = 'haulyard_http_request_duration_seconds';
  assert.equal(valueOf(families, `${durations}_count`, { route: 'createJob' }), 3);
  assert.equal(valueOf(families, `${durations}_bucket`, { route: 'createJob', le: '+Inf' }), 3);
  assert.equal(families.get('haulyard_http_requests_total')?.type, 'counter');
  assert.ok(valueOf(families, 'haulyard_nodejs_eventloop_lag_p99_seconds') !== undefined);
  await until(
    async () =>
      valueOf(await read(), 'haulyard_bytes_total', { source: 'origin', direction: 'down' }) ===
      100_000,
    { what: 'the bytes to be counted' },
  );
});

test('jobs of others are not counted for those who may not know of them', async () => {
  await using world = await openApiWorld();
  await makeJob(world);
  const count = async (token: string): Promise<number | undefined> => {
    const { text } = await world.send({ path: '/metrics', token });
    return valueOf(parsePrometheusText(text), 'haulyard_jobs', { state: 'suspended' });
  };
  assert.equal(await count(TOKENS.alice), 1);
  assert.equal(await count(TOKENS.bob), 0);
  assert.equal(await count(TOKENS.admin), 1);
});

describe('the parser of metrics refuses', () => {
  const fine = '# HELP a text\n# TYPE a gauge\na{b="c\\"\\n"} 1\n';
  test('nothing of what is right', () => {
    assert.deepEqual(parsePrometheusText(fine).get('a')!.samples, [
      { name: 'a', labels: { b: 'c"\n' }, value: 1 },
    ]);
  });
  const wrong = {
    'a sample without a type': 'a 1\n',
    'a sample of another family': `${fine}b 1\n`,
    'the same sample twice': `${fine}a{b="c\\"\\n"} 2\n`,
    'an open label': '# HELP a t\n# TYPE a gauge\na{b="c} 1\n',
    'an escape that is none': '# HELP a t\n# TYPE a gauge\na{b="\\x"} 1\n',
    'a value that is no number': '# HELP a t\n# TYPE a gauge\na one\n',
    'a type that is none': '# HELP a t\n# TYPE a thing\n',
    'a last line without an end': '# HELP a t\n# TYPE a gauge\na 1',
  };
  for (const [what, text] of Object.entries(wrong)) {
    test(what, () => assert.throws(() => parsePrometheusText(text)));
  }
});
