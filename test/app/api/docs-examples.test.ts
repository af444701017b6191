import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { bytesAt, startOrigin } from '../../support/origin.ts';
import { openApiWorld, TOKENS } from '../../support/api-world.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', '..', 'docs', 'rest.md');

/** What separates the output of two examples. */
const MARK = '=== next example ===';

interface Outcome {
  readonly exitCode: number | null;
  /** Of each example, in order. */
  readonly outputs: readonly string[];
  readonly errors: string;
}

/** Runs the examples in one shell, so that each finds the variables of those before it. */
function runAll(examples: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const script = ['set -eu', 'set -o pipefail', examples.join(`\necho '${MARK}'\n`)].join('\n');
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    shell.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    shell.on('error', reject);
    shell.on('close', (exitCode) => {
      resolve({ exitCode, outputs: output.split(`${MARK}\n`), errors });
    });
  });
}

test('every example of docs/rest.md runs, in order, and shows what the text says', async () => {
  const document = await readFile(DOCUMENT, 'utf8');
  const examples = [...document.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
  assert.equal(examples.length, (document.match(/^```sh$/gm) ?? []).length);
  await using world = await openApiWorld();
  await using origin = await startOrigin();
  const { exitCode, outputs, errors } = await runAll(examples, {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    SOCKET: world.socketPath,
    URL: `http://127.0.0.1:${world.port}`,
    TOKEN: TOKENS.alice,
    FILE_URL: origin.put('/file', { body: bytesAt(1, 0, 50_000), etag: '"one"' }),
    DIR: dirname(world.target('x')),
  });
  assert.equal(exitCode, 0, `${outputs.at(-1)}\n${errors}`);
  // The stream of events is cut off by its example, and curl says so.
  assert.match(errors, /^(curl: \(28\) Operation timed out .*\n)?$/);
  assert.equal(outputs.length, examples.length);
  const shows = (example: string, ...patterns: readonly RegExp[]): void => {
    const index = examples.findIndex((text) => text.includes(example));
    assert.notEqual(index, -1, `there is an example with ${example}`);
    for (const pattern of patterns) assert.match(outputs[index]!, pattern, example);
  };
  shows('--unix-socket "$SOCKET" http://haulyard/v1/service', /"caller":"alice"/);
  shows('Bearer $TOKEN" "$URL/v1/service"', /"caller":"alice"/);
  shows('/resume', /^(queued|transferring|transferred)\n$/);
  shows('explain', /50000/);
  shows('/complete', /acknowledged/, /file\.bin/);
  shows('If-Match', /low/, /has changed/);
  shows('"fileId": "part-one"', /offset: 5000/, /part\.bin/);
  shows('cursor=', /^first job\nsecond job\n2\n$/);
  shows('/v1/events?after=0', /^: haulyard\nretry: 1000\n/, /id: 1\nevent: job\.created\ndata: \{/);
  shows('/acknowledge', /null/, /0/);
  shows('cmp ', /finalized/);
  shows('/content', /finalized/);
  shows('/metrics', /haulyard_jobs\{state="cancelled"\} 1/, /"status":"ready"/);
  shows('limit=0&colour=red', /"path":"query.colour"/, /DO_E_JOB_NOT_FOUND/);
});
