import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isLoopbackUrl } from '../../../src/core/http/url.ts';

test('a URL of this machine itself is known by its host', () => {
  for (const url of [
    'http://localhost/a',
    'https://LOCALHOST:8443/a',
    'http://files.localhost/a',
    'http://127.0.0.1:80/a',
    'http://127.255.0.7/a',
    'http://2130706433/a',
    'http://127.1/a',
    'http://[::1]:8080/a',
  ]) {
    assert.equal(isLoopbackUrl(url), true, url);
  }
  for (const url of [
    'http://example.com/127.0.0.1',
    'http://localhost.example.com/a',
    'http://notlocalhost/a',
    'http://126.0.0.1/a',
    'http://10.0.0.127/a',
    'http://[::2]/a',
    'http://user:127.0.0.1@example.com/a',
    'http://127.example.com/a',
  ]) {
    assert.equal(isLoopbackUrl(url), false, url);
  }
});
