import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { loadText } from './load.ts';
import { referenceTables } from './reference.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../../docs/configuration.md');

/** Lines without the blanks that the formatter lines columns up with. */
function plainLines(markdown: string): readonly string[] {
  return markdown
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/-{3,}:?/g, '---')
        .trim(),
    )
    .filter((line) => line !== '');
}

test('the documentation has every key with its value, default and policy', async () => {
  const lines = new Set(plainLines(await readFile(DOCUMENT, 'utf8')));
  const missing = plainLines(referenceTables()).filter((line) => !lines.has(line));
  assert.deepEqual(
    missing,
    [],
    'node test/app/config/reference.ts prints what the tables have to be',
  );
});

test('the example of the documentation is valid', async () => {
  const [, example = ''] = /```toml\n(.*?)```/s.exec(await readFile(DOCUMENT, 'utf8')) ?? [];
  assert.ok(Object.keys(parse(example)).length > 0);
  await using directory = await temporaryDirectory();
  assert.deepEqual((await loadText(directory.path, example)).warnings, []);
});

test('every policy of the specification that applies has a key, and only one', () => {
  const policies = [...referenceTables().matchAll(/`(DO[A-Za-z]+)`/g)].map(([, name]) => name);
  assert.equal(new Set(policies).size, policies.length);
  assert.deepEqual(new Set(policies), new Set(APPLICABLE));
});

/** policies.md 1.1 to 1.6 without those it calls deprecated. */
const APPLICABLE = [
  'DODownloadMode',
  'DOGroupId',
  'DOGroupIdSource',
  'DORestrictPeerSelectionBy',
  'DOMaxCacheSize',
  'DOAbsoluteMaxCacheSize',
  'DOMaxCacheAge',
  'DOMinFileSizeToCache',
  'DOModifyCacheDrive',
  'DOMinRAMAllowedToPeer',
  'DOMinDiskSizeAllowedToPeer',
  'DOMinBatteryPercentageAllowedToUpload',
  'DOAllowVPNPeerCaching',
  'DOVpnKeywords',
  'DODisallowCacheServerDownloadsOnVPN',
  'DOMaxForegroundDownloadBandwidth',
  'DOMaxBackgroundDownloadBandwidth',
  'DOPercentageMaxForegroundBandwidth',
  'DOPercentageMaxBackgroundBandwidth',
  'DOSetHoursToLimitForegroundDownloadBandwidth',
  'DOSetHoursToLimitBackgroundDownloadBandwidth',
  'DOMinBackgroundQos',
  'DOMonthlyUploadDataCap',
  'DODelayForegroundDownloadFromHttp',
  'DODelayBackgroundDownloadFromHttp',
  'DODelayCacheServerFallbackForeground',
  'DODelayCacheServerFallbackBackground',
  'DOCacheHost',
  'DOCacheHostSource',
];
