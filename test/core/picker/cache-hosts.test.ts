import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import {
  afterBytes,
  afterFailure,
  banAfter,
  CACHE_HOST_BAN_MS,
  cacheHostUrl,
  chooseSource,
  isHostBanned,
  NO_BANS,
  NO_TRIES,
  nextRound,
  type CacheBans,
  type CacheFailure,
  type CacheHostRules,
  type CacheTries,
  type SourceChoice,
} from '../../../src/core/picker/cache-hosts.ts';

const HOSTS = ['one', 'two:8080'];

/** A file's way through its cache hosts. */
class Way {
  readonly rules: CacheHostRules;
  bans: CacheBans = NO_BANS;
  tries: CacheTries = NO_TRIES;
  nowMs = 0;

  constructor(delayMs: number | undefined, hosts: readonly string[] = HOSTS) {
    this.rules = { hosts, delayMs };
  }

  choose(originHost = 'origin.example'): SourceChoice {
    const { rules, bans, tries, nowMs } = this;
    return chooseSource({ rules, bans, tries, originHost, nowMs });
  }

  fail(failure: CacheFailure, originHost = 'origin.example'): void {
    const choice = this.choose(originHost);
    assert.equal(choice.kind, 'cacheHost');
    assert.ok(choice.kind === 'cacheHost');
    this.bans = banAfter(this.bans, choice.host, originHost, failure, this.nowMs);
    this.tries = afterFailure(this.tries, choice.host, failure, this.rules, this.nowMs);
  }

  /** Another file, under the bans there are. */
  another(): void {
    this.tries = NO_TRIES;
  }
}

const ORIGIN: SourceChoice = { kind: 'origin' };
const host = (name: string): SourceChoice => ({ kind: 'cacheHost', host: name });

test('hosts are asked in their order, and without any the origin is', () => {
  assert.deepEqual(new Way(undefined).choose(), host('one'));
  assert.deepEqual(new Way(undefined, []).choose(), ORIGIN);
  assert.deepEqual(new Way(-1, []).choose(), ORIGIN, 'nobody else is there to be asked');
});

for (const failure of ['refused', 'unreachable', 'broken'] as const) {
  test(`without a delay the first failure (${failure}) leads to the origin at once`, () => {
    const way = new Way(undefined);
    way.fail(failure);
    assert.deepEqual(way.choose(), ORIGIN);
    way.nowMs += 10 * CACHE_HOST_BAN_MS;
    assert.deepEqual(way.choose(), ORIGIN, 'and the file stays there');
  });
}

test('a host that refuses is left alone for that origin, for 15 minutes', () => {
  const way = new Way(undefined);
  way.fail('refused');
  way.another();
  assert.deepEqual(way.choose(), host('two:8080'));
  assert.deepEqual(way.choose('elsewhere.example'), host('one'));
  assert.ok(isHostBanned(way.bans, 'one', 'origin.example', way.nowMs));
  way.nowMs = CACHE_HOST_BAN_MS - 1;
  assert.deepEqual(way.choose(), host('two:8080'));
  way.nowMs = CACHE_HOST_BAN_MS;
  assert.deepEqual(way.choose(), host('one'));
});

test('a host that cannot be reached is left alone for every origin', () => {
  const way = new Way(undefined);
  way.fail('unreachable');
  way.another();
  assert.deepEqual(way.choose('elsewhere.example'), host('two:8080'));
  way.fail('unreachable', 'elsewhere.example');
  way.another();
  assert.deepEqual(way.choose(), ORIGIN, 'nobody is left');
});

test('an answer of 5xx or a cut body bans nobody', () => {
  const way = new Way(undefined);
  way.fail('broken');
  way.another();
  assert.deepEqual(way.choose(), host('one'));
});

test('with a delay the hosts are cycled until it is over', () => {
  const way = new Way(60_000);
  const asked: string[] = [];
  while (way.nowMs < 300_000) {
    const choice = way.choose();
    if (choice.kind === 'origin') break;
    if (choice.kind === 'wait') {
      assert.ok(choice.forMs > 0 && choice.forMs <= 60_000 - way.nowMs);
      way.nowMs += choice.forMs;
      way.tries = nextRound(way.tries);
      continue;
    }
    assert.ok(choice.kind === 'cacheHost');
    asked.push(choice.host);
    way.fail(asked.length % 2 === 0 ? 'broken' : 'unreachable');
  }
  assert.equal(way.nowMs, 60_000);
  assert.ok(asked.length > 10, `${asked.length} tries`);
  assert.deepEqual(new Set(asked), new Set(HOSTS));
});

test('a refusal leads to the origin although a delay is not over', () => {
  const way = new Way(60_000);
  way.fail('refused');
  assert.deepEqual(way.choose(), ORIGIN);
});

test('a host that serves a file for longer than the delay goes on serving it', () => {
  const way = new Way(1_000);
  way.fail('broken');
  way.nowMs = 500;
  way.tries = afterBytes(way.tries);
  way.nowMs = 3_600_000;
  assert.deepEqual(way.choose(), host('one'));
  way.fail('broken');
  way.nowMs += 999;
  assert.notEqual(way.choose().kind, 'origin');
  way.nowMs += 1;
  assert.equal(way.choose().kind, 'origin');
});

test('a delay of -1 never asks the origin, whatever fails', () => {
  const failures = fc.array(fc.constantFrom<CacheFailure>('refused', 'unreachable', 'broken'), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(failures, fc.nat(CACHE_HOST_BAN_MS), (list, stepMs) => {
      const way = new Way(-1);
      for (const failure of list) {
        const choice = way.choose();
        assert.notEqual(choice.kind, 'origin');
        assert.notEqual(choice.kind, 'wait');
        if (choice.kind === 'exhausted') way.tries = nextRound(way.tries);
        way.fail(failure);
        way.nowMs += stepMs;
      }
    }),
  );
});

test('each host is asked once in a round, and then the round is over', () => {
  const way = new Way(-1);
  way.fail('broken');
  assert.deepEqual(way.choose(), host('two:8080'));
  way.fail('broken');
  assert.deepEqual(way.choose(), { kind: 'exhausted' });
  way.tries = nextRound(way.tries);
  assert.deepEqual(way.choose(), host('one'));
});

test('bans never grow beyond their bound', () => {
  let bans: CacheBans = NO_BANS;
  for (let index = 0; index < 3_000; index += 1)
    bans = banAfter(bans, 'one', `origin-${index}`, 'refused', 0);
  assert.equal(bans.forOrigin.size, 1_000);
  assert.ok(isHostBanned(bans, 'one', 'origin-2999', 1));
  assert.ok(!isHostBanned(bans, 'one', 'origin-0', 1), 'the oldest are dropped');
});

test("only the authority of the URL changes, and the origin's host ends the query", () => {
  for (const [url, expected] of [
    ['http://cdn.example/a/b.bin', 'http://cache:80/a/b.bin?cacheHostOrigin=cdn.example'],
    [
      'http://cdn.example:8080/a?x=1&y=%20',
      'http://cache:80/a?x=1&y=%20&cacheHostOrigin=cdn.example',
    ],
    ['https://cdn.example/a#part', 'https://cache:80/a?cacheHostOrigin=cdn.example'],
    ['http://cdn.example', 'http://cache:80/?cacheHostOrigin=cdn.example'],
    ['http://cdn.example?q', 'http://cache:80/?q&cacheHostOrigin=cdn.example'],
    ['http://127.0.0.1:9/%41/../b', 'http://cache:80/%41/../b?cacheHostOrigin=127.0.0.1'],
    ['http://[::1]:9/b', 'http://cache:80/b?cacheHostOrigin=[::1]'],
  ] as const) {
    assert.equal(cacheHostUrl(url, 'cache:80'), expected);
  }
});
