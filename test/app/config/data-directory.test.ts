import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';

import { defaultDataDirectory } from '../../../src/app/config/data-directory.ts';

test('HAULYARD_DATA_DIR comes before the state directory of systemd', async () => {
  const environment = { HAULYARD_DATA_DIR: '/data/jobs', STATE_DIRECTORY: '/var/lib/haulyard' };
  assert.equal(await defaultDataDirectory(environment), '/data/jobs');
});

test('a relative HAULYARD_DATA_DIR counts from the working directory', async () => {
  assert.equal(await defaultDataDirectory({ HAULYARD_DATA_DIR: 'jobs' }), resolve('jobs'));
});

test('of several state directories the first one is taken', async () => {
  assert.equal(
    await defaultDataDirectory({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }),
    '/var/lib/a',
  );
});

test('empty variables count as absent, and then the place of the platform is taken', async () => {
  const place = await defaultDataDirectory({ HAULYARD_DATA_DIR: '', STATE_DIRECTORY: '' });
  assert.equal(place, await defaultDataDirectory({}));
  assert.match(place, /haulyard/);
});
