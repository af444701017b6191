import type { IDOManager } from './download.ts';
import type { IBackgroundCopyManager } from './manager.ts';

/**
 * Both families of interfaces on one engine. An engine in this process and a service in another one
 * are used alike.
 */
export type HaulyardManager = IBackgroundCopyManager & {
  /** The newer family: downloads of one file each, never listed among the jobs. */
  readonly downloads: IDOManager;
};
