import type { DownloadStateName } from './common.ts';
import type { Range } from './jobs.ts';

/** DO_DOWNLOAD_STATUS with its id; result codes signed. */
export interface Download {
  readonly id: string;
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
  readonly state: DownloadStateName;
  readonly error: number;
  readonly extendedError: number;
}

export interface DownloadList {
  readonly downloads: readonly Download[];
  readonly next: string | null;
}

export interface DownloadQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly property?: number | undefined;
  readonly value?: string | undefined;
}
export interface DownloadQueryInput {
  readonly limit?: unknown;
  readonly cursor?: string | undefined;
  readonly property?: unknown;
  readonly value?: string | undefined;
}

export interface StartDownload {
  readonly ranges?: readonly Range[] | null | undefined;
}

/** A value with its kind, so that bytes survive JSON. */
export type PropertyValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** Base64. */
  | { readonly type: 'bytes'; readonly value: string }
  | { readonly type: 'stream' }
  | { readonly type: 'null' };
