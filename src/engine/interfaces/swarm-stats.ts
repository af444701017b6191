import {
  BG_JOB_STATE,
  DO_UNKNOWN_FILE_SIZE,
  DOWNLOAD_MODE,
  SWARM_STATUS,
} from '../../core/constants.ts';
import type { DOSwarmStats } from '../../core/interfaces/file.ts';
import { remoteNameInForce, type JobFile } from '../../core/job/file.ts';
import { isForeground } from '../../core/job/step.ts';
import type { LiveJob } from '../live-job.ts';

/** DOSwarmStats of a file as it is now. */
export function swarmStatsOf(live: LiveJob, file: JobFile): DOSwarmStats {
  const { bytesFromHttp, bytesFromCacheHost, durationMs } = file.statistics;
  return {
    fileId: file.fileId,
    sourceURL: remoteNameInForce(file),
    fileSize: file.sizeBytes ?? DO_UNKNOWN_FILE_SIZE,
    totalBytesDownloaded: bytesFromHttp + bytesFromCacheHost,
    bytesFromLanPeers: 0,
    bytesFromGroupPeers: 0,
    bytesFromInternetPeers: 0,
    bytesFromHttp,
    bytesFromDoinc: bytesFromCacheHost,
    bytesToLanPeers: 0,
    bytesToGroupPeers: 0,
    bytesToInternetPeers: 0,
    httpConnectionCount: live.run?.connectionCount(file.index) ?? 0,
    doincConnectionCount: 0,
    lanConnectionCount: 0,
    groupConnectionCount: 0,
    internetConnectionCount: 0,
    downloadDuration: durationMs,
    // No peers and no cloud service: what the documentation calls simple mode.
    downloadMode: DOWNLOAD_MODE.Simple,
    status: statusOf(live, file),
    isBackground: !isForeground(live.job),
  };
}

function statusOf(live: LiveJob, file: JobFile): SWARM_STATUS {
  if (file.done) return SWARM_STATUS.Complete;
  return live.job.state === BG_JOB_STATE.TRANSFERRING
    ? SWARM_STATUS.Downloading
    : SWARM_STATUS.Paused;
}
