import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import {
  MIN_REQUEST_BYTES,
  requestBytes,
  requestsFor,
  spareRequests,
} from '../../../src/core/picker/request-size.ts';

test('the requests for a part never number more than one for each 16 MiB', () => {
  const lengths = fc.integer({ min: 1, max: 1 << 30 });
  fc.assert(
    fc.property(lengths, fc.nat(1_000_000), fc.nat(1_000), (length, rate, headMs) => {
      let requests = 0;
      for (let left = length; left > 0; left -= requestBytes(left, rate, headMs)) requests += 1;
      assert.ok(requests <= requestsFor(length), `${requests} for ${length}`);
    }),
  );
});

const fresh = { missingBytes: 256 << 20, gaps: 1, connections: 4, made: 0, failed: 0 };

test('what is spare is what a file may ask for beyond what it has to', () => {
  const whole = { ...fresh, unasked: [256 << 20] };
  assert.equal(spareRequests(whole), 4);
  assert.equal(spareRequests({ ...fresh, made: 1, unasked: [] }), 19, 'one for all of it');
  assert.equal(spareRequests({ ...fresh, made: 20, unasked: [] }), 0);
  assert.equal(spareRequests({ ...fresh, made: 20, failed: 2, unasked: [] }), 2);
  assert.equal(spareRequests({ ...whole, gaps: 3 }), 6);
});

test('a little that nobody has asked for takes a request too', () => {
  assert.equal(requestsFor(0), 0);
  assert.equal(requestsFor(1), 1);
  assert.equal(requestsFor(2 * MIN_REQUEST_BYTES - 1), 1);
  assert.equal(spareRequests({ ...fresh, unasked: [1, 1] }), 18);
});
