import assert from 'node:assert/strict';
import {
  BITS_FILE_PROPERTY_ID,
  DO_UNKNOWN_FILE_SIZE,
  DOFilePropertyId,
  DOWNLOAD_MODE,
  SWARM_STATUS,
} from 'haulyard';
import { refusal } from './report.ts';
import { filesOf, type Scene, twoRanges } from './scene.ts';

const { HTTP_RESPONSE_HEADERS } = BITS_FILE_PROPERTY_ID;
const { DecryptionInfo, DownloadSinkFilePath, TotalSizeBytes } = DOFilePropertyId;

/** The methods of a file, before anything of it is here. */
export async function checkFileProperties({
  report,
  job,
  url,
  content,
  path,
}: Scene): Promise<void> {
  const files = await filesOf(job);
  const [whole, ranged, byId] = [files[0]!, files[3]!, files[4]!];

  await report.check('IBackgroundCopyFile.getRemoteName', async () => {
    assert.equal(await whole.getRemoteName(), url);
    return url;
  });
  await report.check('IBackgroundCopyFile.getLocalName', async () => {
    assert.equal(await whole.getLocalName(), path('whole.bin'));
    return 'the final path';
  });
  await report.check('IBackgroundCopyFile.getProgress', async () => {
    const nothing = { bytesTotal: DO_UNKNOWN_FILE_SIZE, bytesTransferred: 0, completed: false };
    assert.deepEqual(await whole.getProgress(), nothing);
    const half = content.length - Math.floor(content.length / 2);
    assert.equal((await ranged.getProgress()).bytesTotal, half + 1_000);
    return 'size unknown, 0 bytes; ranges: the sum of their lengths';
  });
  await report.check('IBackgroundCopyFile2.getFileRanges', async () => {
    assert.deepEqual(await whole.getFileRanges(), []);
    assert.deepEqual(await ranged.getFileRanges(), twoRanges(content.length));
    return 'empty for the whole file; 2 ranges in the order given';
  });
  await report.check('IBackgroundCopyFile2.setRemoteName', async () => {
    await byId.setRemoteName(url);
    assert.equal(await byId.getRemoteName(), url);
    const long = `${url}?${'x'.repeat(2_200)}`;
    const tooLong = await refusal('E_INVALIDARG', () => byId.setRemoteName(long));
    const noSink = await refusal('DO_E_LOCALPATH_NOT_SET', () => job.resume());
    return `set; more than 2200 characters: ${tooLong}; Resume without a local name: ${noSink}`;
  });
  await report.check('IBackgroundCopyFile5.getProperty', async () => {
    return `before any answer: ${await refusal('E_NOT_SET', () => whole.getProperty(HTTP_RESPONSE_HEADERS))}`;
  });
  await report.check('IBackgroundCopyFile5.setProperty', async () => {
    return await refusal('DO_E_READ_ONLY_PROPERTY', () =>
      whole.setProperty(HTTP_RESPONSE_HEADERS, ''),
    );
  });
  await report.check('IDeliveryOptimizationFile.getStats', async () => {
    const stats = await byId.getStats();
    assert.equal(stats.fileId, 'by-id');
    assert.equal(stats.totalBytesDownloaded, 0);
    assert.equal(stats.downloadMode, DOWNLOAD_MODE.Simple);
    assert.equal(stats.status, SWARM_STATUS.Paused);
    return '0 bytes, mode Simple, status Paused';
  });
  await report.check('IDeliveryOptimizationFile2.setProperty', async () => {
    await byId.setDOProperty(DownloadSinkFilePath, path('by-id.bin'));
    await byId.setDOProperty(TotalSizeBytes, content.length);
    const again = await refusal('DO_E_FILE_DOWNLOADSINK_ALREADY_SET', () =>
      byId.setDOProperty(DownloadSinkFilePath, path('other.bin')),
    );
    return `sink and size; another sink: ${again}`;
  });
  await report.check('IDeliveryOptimizationFile2.getProperty', async () => {
    assert.equal(await byId.getDOProperty(DownloadSinkFilePath), path('by-id.bin'));
    assert.equal(await byId.getDOProperty(TotalSizeBytes), content.length);
    const writeOnly = await refusal('DO_E_WRITE_ONLY_PROPERTY', () =>
      byId.getDOProperty(DecryptionInfo),
    );
    return `${content.length} bytes; DecryptionInfo: ${writeOnly}`;
  });
}
