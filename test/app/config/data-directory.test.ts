import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';

import { defaultDataDirectory } from '../../../src/app/config/data-directory.ts';

test('HAULYARD_DATA_DIR comes before the state directory of systemd', () => {
  const environment = { HAULYARD_DATA_DIR: '/data/jobs', STATE_DIRECTORY: '/var/lib/haulyard' };
  assert.equal(defaultDataDirectory(environment), '/data/jobs');
});

test('a relative HAULYARD_DATA_DIR counts from the working directory', () => {
  assert.equal(defaultDataDirectory({ HAULYARD_DATA_DIR: 'jobs' }), resolve('jobs'));
});

test('of several state directories the first one is taken', () => {
  assert.equal(defaultDataDirectory({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }), '/var/lib/a');
});

test('empty variables count as absent, and then the place of the platform is taken', () => {
  const place = defaultDataDirectory({ HAULYARD_DATA_DIR: '', STATE_DIRECTORY: '' });
  assert.equal(place, defaultDataDirectory({}));
  assert.match(place, /haulyard/);
});
