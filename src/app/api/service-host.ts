import type { Answer, Body } from '../../rest/contract.ts';
import type { Caller } from '../../engine/service/transfer-service.ts';

/** What the routes ask of the process they run in, beyond the engine. */
export interface ServiceHost {
  readonly startedAtMs: number;
  readonly dataDirectory: string;
  /** User the process runs as. */
  readonly user: string;
  listeners(): readonly string[];
  /** What is wrong with the service itself, for people. */
  problems(): readonly string[];
  /** False until every listener is open, and from the moment the process begins to stop. */
  ready(): boolean;
  limits(): Answer<'getLimits'>;
  changeLimits(change: Body<'changeLimits'>): Promise<Answer<'changeLimits'>>;
  config(): Answer<'getConfig'>;
  changeConfig(change: Body<'changeConfig'>): Promise<Answer<'changeConfig'>>;
  testPolicy(caller: Caller, wanted: Body<'testPolicy'>): Answer<'testPolicy'>;
  network(): Answer<'getNetwork'>;
  reload(): Promise<Answer<'reloadService'>>;
  /** Begins to stop; the answer is sent before the listeners close. */
  stop(): void;
  /** The newest lines of the log, oldest first. */
  logs(limit: number): readonly string[];
}

/** Tells who calls, or that nobody known does. */
export interface Authenticator {
  /** The user a bearer token stands for; undefined for an unknown one. Compares in constant time. */
  byToken(token: string): Caller | undefined;
}
