import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CONFIG_KEYS, suggestKey } from '../../../src/app/config/schema/schema.ts';
import { suggest } from '../../../src/app/config/suggest.ts';

test('a slip leads back to the word', () => {
  const words = ['bandwidth', 'network', 'cache', 'ui'];
  for (const [slip, meant] of [
    ['bandwith', 'bandwidth'],
    ['badnwidth', 'bandwidth'],
    ['Networks', 'network'],
    ['cahce', 'cache'],
    ['iu', 'ui'],
    ['zzz', undefined],
    ['', undefined],
    ['x'.repeat(1_000_000), undefined],
  ] as const) {
    assert.equal(suggest(slip, words), meant, slip.slice(0, 20));
  }
});

test('a hyphen for an underscore is no slip at all', () => {
  assert.equal(suggest('data-dir', ['data_di', 'data_dir']), 'data_dir');
});

test('every key with two letters swapped is suggested again', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CONFIG_KEYS.values()), fc.nat(), ({ section, spec }, at) => {
      const { name } = spec;
      const swap = at % (name.length - 1);
      const slip =
        name.slice(0, swap) + name.charAt(swap + 1) + name.charAt(swap) + name.slice(swap + 2);
      fc.pre(!CONFIG_KEYS.has(`${section}.${slip}`));
      assert.equal(suggestKey(`${section}.${slip}`), `did you mean "${section}.${name}"?`);
    }),
  );
});

test('the name of a policy leads to its key', () => {
  for (const { key, spec } of CONFIG_KEYS.values()) {
    if (spec.policy === undefined) continue;
    assert.equal(suggestKey(`peer.${spec.policy}`), `did you mean "${key}"?`);
  }
});

test('a key in the wrong section leads to the right one', () => {
  assert.equal(
    suggestKey('jobs.connections_per_origin'),
    'did you mean "http.connections_per_origin"?',
  );
});
