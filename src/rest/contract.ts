import * as z from 'zod';

import type { RouteName } from './routes.ts';
import { FileIndex, Id, Problem } from './schemas/common.ts';
import * as downloads from './schemas/downloads.ts';
import * as events from './schemas/events.ts';
import * as jobs from './schemas/jobs.ts';
import * as service from './schemas/service.ts';

/** What goes in and comes out of a route. Absent: nothing. */
export interface RouteSchemas {
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly response?: z.ZodType;
  /** Media type of an answer that is not JSON. */
  readonly produces?: string;
}

interface JobParams {
  readonly id: string;
}
interface FileParams extends JobParams {
  readonly index: number;
}
interface FileParamsInput extends JobParams {
  readonly index: unknown;
}
interface PropertyParams extends JobParams {
  readonly property: number;
}
interface PropertyParamsInput extends JobParams {
  readonly property: unknown;
}
type Nothing = Readonly<Record<string, never>>;
interface OpenApi {
  readonly openapi: string;
  readonly [key: string]: unknown;
}

const job: z.ZodType<JobParams, JobParams> = z.strictObject({ id: Id });
const file: z.ZodType<FileParams, FileParamsInput> = z.strictObject({ id: Id, index: FileIndex });
const download: z.ZodType<JobParams, JobParams> = z.strictObject({ id: Id });
const property: z.ZodType<PropertyParams, PropertyParamsInput> = z.strictObject({
  id: Id,
  property: downloads.PropertyId,
});
const nothing: z.ZodType<Nothing, Nothing> = z.strictObject({});
const openApi: z.ZodType<OpenApi, OpenApi> = z.looseObject({ openapi: z.string() });

/** The schemas of every route. */
export interface Contract {
  readonly listJobs: {
    readonly query: typeof jobs.JobQuery;
    readonly response: typeof jobs.JobList;
  };
  readonly createJob: { readonly body: typeof jobs.NewJob; readonly response: typeof jobs.Job };
  readonly getJob: { readonly params: typeof job; readonly response: typeof jobs.Job };
  readonly changeJob: {
    readonly params: typeof job;
    readonly body: typeof jobs.JobChange;
    readonly response: typeof jobs.Job;
  };
  readonly cancelJob: { readonly params: typeof job; readonly response: typeof jobs.JobOutcome };
  readonly resumeJob: { readonly params: typeof job; readonly response: typeof jobs.Job };
  readonly suspendJob: { readonly params: typeof job; readonly response: typeof jobs.Job };
  readonly completeJob: { readonly params: typeof job; readonly response: typeof jobs.JobOutcome };
  readonly cancelJobAction: {
    readonly params: typeof job;
    readonly response: typeof jobs.JobOutcome;
  };
  readonly retryJob: { readonly params: typeof job; readonly response: typeof jobs.Job };
  readonly orderJob: {
    readonly params: typeof job;
    readonly body: typeof jobs.Order;
    readonly response: typeof jobs.Job;
  };
  readonly acknowledgeJob: {
    readonly params: typeof job;
    readonly body: typeof jobs.Acknowledge;
    readonly response: typeof jobs.Job;
  };
  readonly removeJob: { readonly params: typeof job; readonly response: typeof nothing };
  readonly explainJob: {
    readonly params: typeof job;
    readonly response: typeof service.Explanation;
  };
  readonly listFiles: {
    readonly params: typeof job;
    readonly query: typeof jobs.FileQuery;
    readonly response: typeof jobs.FileList;
  };
  readonly addFiles: {
    readonly params: typeof job;
    readonly body: typeof jobs.AddFiles;
    readonly response: typeof jobs.FileList;
  };
  readonly getFile: { readonly params: typeof file; readonly response: typeof jobs.File };
  readonly changeFile: {
    readonly params: typeof file;
    readonly body: typeof jobs.FileChange;
    readonly response: typeof jobs.File;
  };
  readonly listPieces: {
    readonly params: typeof job;
    readonly query: typeof jobs.FileQuery;
    readonly response: typeof jobs.Pieces;
  };
  readonly listSources: { readonly params: typeof job; readonly response: typeof jobs.Sources };
  readonly listAttempts: { readonly params: typeof job; readonly response: typeof jobs.Attempts };
  readonly listJobEvents: {
    readonly params: typeof job;
    readonly query: typeof events.JobEventsQuery;
    readonly response: typeof events.JobEvents;
  };
  readonly getCustomHeaders: {
    readonly params: typeof job;
    readonly response: typeof jobs.CustomHeaders;
  };
  readonly setCustomHeaders: {
    readonly params: typeof job;
    readonly body: typeof jobs.CustomHeaders;
    readonly response: typeof jobs.Job;
  };
  readonly streamEvents: {
    readonly query: typeof events.EventQuery;
    readonly produces: 'text/event-stream';
  };
  readonly listDownloads: {
    readonly query: typeof downloads.DownloadQuery;
    readonly response: typeof downloads.DownloadList;
  };
  readonly createDownload: {
    readonly body: typeof nothing;
    readonly response: typeof downloads.Download;
  };
  readonly getDownload: {
    readonly params: typeof download;
    readonly response: typeof downloads.Download;
  };
  readonly startDownload: {
    readonly params: typeof download;
    readonly body: typeof downloads.StartDownload;
    readonly response: typeof downloads.Download;
  };
  readonly pauseDownload: {
    readonly params: typeof download;
    readonly response: typeof downloads.Download;
  };
  readonly abortDownload: {
    readonly params: typeof download;
    readonly response: typeof downloads.Download;
  };
  readonly finalizeDownload: {
    readonly params: typeof download;
    readonly response: typeof downloads.Download;
  };
  readonly getDownloadProperty: {
    readonly params: typeof property;
    readonly response: typeof downloads.PropertyValue;
  };
  readonly setDownloadProperty: {
    readonly params: typeof property;
    readonly body: typeof downloads.PropertyValue;
    readonly response: typeof downloads.Download;
  };
  readonly readDownload: {
    readonly params: typeof download;
    readonly produces: 'application/octet-stream';
  };
  readonly getLimits: { readonly response: typeof service.Limits };
  readonly changeLimits: {
    readonly body: typeof service.LimitsChange;
    readonly response: typeof service.Limits;
  };
  readonly getConfig: { readonly response: typeof service.Config };
  readonly changeConfig: {
    readonly body: typeof service.ConfigChange;
    readonly response: typeof service.Config;
  };
  readonly testPolicy: {
    readonly body: typeof service.PolicyTest;
    readonly response: typeof service.PolicyTestResult;
  };
  readonly getNetwork: { readonly response: typeof service.Network };
  readonly getStats: { readonly response: typeof service.Stats };
  readonly getService: { readonly response: typeof service.Service };
  readonly reloadService: { readonly response: typeof service.Reloaded };
  readonly stopService: { readonly response: typeof nothing };
  readonly listLogs: {
    readonly query: typeof service.LogsQuery;
    readonly response: typeof service.Logs;
  };
  readonly health: { readonly response: typeof service.Health };
  readonly ready: { readonly response: typeof service.Health };
  readonly metrics: { readonly produces: 'text/plain; version=0.0.4; charset=utf-8' };
  readonly openapi: { readonly response: typeof openApi };
}

/** One definition of every route, for server, client and OpenAPI. */
export const CONTRACT: Contract = {
  listJobs: { query: jobs.JobQuery, response: jobs.JobList },
  createJob: { body: jobs.NewJob, response: jobs.Job },
  getJob: { params: job, response: jobs.Job },
  changeJob: { params: job, body: jobs.JobChange, response: jobs.Job },
  cancelJob: { params: job, response: jobs.JobOutcome },
  resumeJob: { params: job, response: jobs.Job },
  suspendJob: { params: job, response: jobs.Job },
  completeJob: { params: job, response: jobs.JobOutcome },
  cancelJobAction: { params: job, response: jobs.JobOutcome },
  retryJob: { params: job, response: jobs.Job },
  orderJob: { params: job, body: jobs.Order, response: jobs.Job },
  acknowledgeJob: { params: job, body: jobs.Acknowledge, response: jobs.Job },
  removeJob: { params: job, response: nothing },
  explainJob: { params: job, response: service.Explanation },
  listFiles: { params: job, query: jobs.FileQuery, response: jobs.FileList },
  addFiles: { params: job, body: jobs.AddFiles, response: jobs.FileList },
  getFile: { params: file, response: jobs.File },
  changeFile: { params: file, body: jobs.FileChange, response: jobs.File },
  listPieces: { params: job, query: jobs.FileQuery, response: jobs.Pieces },
  listSources: { params: job, response: jobs.Sources },
  listAttempts: { params: job, response: jobs.Attempts },
  listJobEvents: { params: job, query: events.JobEventsQuery, response: events.JobEvents },
  getCustomHeaders: { params: job, response: jobs.CustomHeaders },
  setCustomHeaders: { params: job, body: jobs.CustomHeaders, response: jobs.Job },
  streamEvents: { query: events.EventQuery, produces: 'text/event-stream' },
  listDownloads: { query: downloads.DownloadQuery, response: downloads.DownloadList },
  createDownload: { body: nothing, response: downloads.Download },
  getDownload: { params: download, response: downloads.Download },
  startDownload: { params: download, body: downloads.StartDownload, response: downloads.Download },
  pauseDownload: { params: download, response: downloads.Download },
  abortDownload: { params: download, response: downloads.Download },
  finalizeDownload: { params: download, response: downloads.Download },
  getDownloadProperty: { params: property, response: downloads.PropertyValue },
  setDownloadProperty: {
    params: property,
    body: downloads.PropertyValue,
    response: downloads.Download,
  },
  readDownload: { params: download, produces: 'application/octet-stream' },
  getLimits: { response: service.Limits },
  changeLimits: { body: service.LimitsChange, response: service.Limits },
  getConfig: { response: service.Config },
  changeConfig: { body: service.ConfigChange, response: service.Config },
  testPolicy: { body: service.PolicyTest, response: service.PolicyTestResult },
  getNetwork: { response: service.Network },
  getStats: { response: service.Stats },
  getService: { response: service.Service },
  reloadService: { response: service.Reloaded },
  stopService: { response: nothing },
  listLogs: { query: service.LogsQuery, response: service.Logs },
  health: { response: service.Health },
  ready: { response: service.Health },
  metrics: { produces: 'text/plain; version=0.0.4; charset=utf-8' },
  openapi: { response: openApi },
};

export { Problem };

type Part<Name extends RouteName, Key extends keyof RouteSchemas> =
  Contract[Name] extends Readonly<Record<Key, infer Schema extends z.ZodType>> ? Schema : never;

/** What a caller passes. */
export type Params<Name extends RouteName> = [Part<Name, 'params'>] extends [never]
  ? undefined
  : z.input<Part<Name, 'params'>>;
export type Query<Name extends RouteName> = [Part<Name, 'query'>] extends [never]
  ? undefined
  : z.input<Part<Name, 'query'>>;
export type Body<Name extends RouteName> = [Part<Name, 'body'>] extends [never]
  ? undefined
  : z.input<Part<Name, 'body'>>;
/** The same after validation, as a handler gets it. */
export type ParsedParams<Name extends RouteName> = Parsed<Part<Name, 'params'>>;
export type ParsedQuery<Name extends RouteName> = Parsed<Part<Name, 'query'>>;
export type ParsedBody<Name extends RouteName> = Parsed<Part<Name, 'body'>>;
type Parsed<Schema extends z.ZodType> = [Schema] extends [never] ? undefined : z.output<Schema>;
/** What a caller gets. */
export type Answer<Name extends RouteName> = [Part<Name, 'response'>] extends [never]
  ? undefined
  : z.output<Part<Name, 'response'>>;

export type JobResource = z.output<typeof jobs.Job>;
export type FileResource = z.output<typeof jobs.File>;
export type EventResource = z.output<typeof events.Event>;
export type ProgressResource = z.output<typeof events.ProgressEvent>;
export type ResetResource = z.output<typeof events.ResetEvent>;
export type DownloadResource = z.output<typeof downloads.Download>;
export type PropertyValueResource = z.output<typeof downloads.PropertyValue>;
export type ProblemResource = z.output<typeof Problem>;
export type ExplanationResource = z.output<typeof service.Explanation>;
