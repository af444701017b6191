import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type StatusDisposition, statusDisposition } from '../../../src/core/http/status.ts';

/** Every row of http.md §6 and errors.md §4, as ranges that cover all numbers once. */
const TABLE: [from: number, to: number, expected: StatusDisposition][] = [
  [-5, 100, 'transient'],
  [101, 101, 'fatal'],
  [102, 199, 'transient'],
  [200, 200, 'content'],
  [201, 202, 'unusable-success'],
  [203, 203, 'content'],
  [204, 205, 'unusable-success'],
  [206, 206, 'partial'],
  [207, 299, 'unusable-success'],
  [300, 300, 'fatal'],
  [301, 303, 'followed'],
  [304, 306, 'fatal'],
  [307, 308, 'followed'],
  [309, 399, 'transient'],
  [400, 400, 'fatal'],
  [401, 401, 'challenge'],
  [402, 406, 'fatal'],
  [407, 407, 'challenge'],
  [408, 409, 'transient'],
  [410, 411, 'fatal'],
  [412, 412, 'special-412'],
  [413, 415, 'fatal'],
  [416, 416, 'special-416'],
  [417, 420, 'fatal'],
  [421, 421, 'transient-once'],
  [422, 424, 'fatal'],
  [425, 425, 'transient'],
  [426, 428, 'fatal'],
  [429, 429, 'transient'],
  [430, 499, 'fatal'],
  [500, 500, 'transient'],
  [501, 501, 'fatal'],
  [502, 504, 'transient'],
  [505, 505, 'fatal'],
  [506, 1_000, 'transient'],
];

for (const [from, to, expected] of TABLE) {
  test(`${from} to ${to}: ${expected}`, () => {
    for (let status = from; status <= to; status++) {
      assert.equal(statusDisposition(status), expected, String(status));
    }
  });
}
