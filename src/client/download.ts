import {
  DO_LENGTH_TO_EOF,
  DODownloadCostPolicy,
  DODownloadProperty,
  DODownloadState,
} from '../core/constants.ts';
import { callbackFrequency, type CallbackFrequency } from '../core/download/callback-frequency.ts';
import {
  checkPropertyValue,
  readableProperty,
  settableProperty,
} from '../core/download/check-property.ts';
import { downloadStateName } from '../core/download/calls.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../core/errors.ts';
import { DEFAULT_CALLBACK_SECONDS } from '../core/download/properties.ts';
import { NEW_DOWNLOAD } from '../core/download/record.ts';
import { toUnsigned } from '../core/hresult.ts';
import type {
  DO_DOWNLOAD_RANGES_INFO,
  DO_DOWNLOAD_STATUS,
  DownloadPropertyValue,
  DownloadStream,
  IDODownload,
  IDODownloadStatusCallback,
} from '../core/interfaces/download.ts';
import type { Body, DownloadResource, PropertyValueResource } from '../rest/contract.ts';
import { carriedNumber } from './carry.ts';
import { ContentReader } from './content-reader.ts';
import { downloadStateOf } from './names.ts';
import { isUnknownJob, type ContentStream, type Remote } from './remote.ts';

type ReadableValue = Exclude<DownloadPropertyValue, Uint8Array>;

/** Properties whose value a download has even when nobody set it. */
const OF_THE_JOB: readonly DODownloadProperty[] = [
  DODownloadProperty.CostPolicy,
  DODownloadProperty.NoProgressTimeoutSeconds,
  DODownloadProperty.ForegroundPriority,
];

/** Ranges of one request, by the contract. */
const MAX_RANGES = 20_000;

/** Characters of a text, by the contract. */
const MAX_TEXT = 131_072;

/** IDODownload, for a download of the service. */
export class RemoteDownload implements IDODownload {
  readonly #remote: Remote;
  readonly #id: string;
  #last: DownloadResource;
  /** Properties as they were last heard of: the service answers for unfinished downloads alone. */
  readonly #properties = new Map<number, ReadableValue>();
  /** CallbackFreqSeconds was set through this object. */
  #secondsSet = false;

  constructor(remote: Remote, resource: DownloadResource) {
    this.#remote = remote;
    this.#id = resource.id;
    this.#last = resource;
  }

  async start(ranges?: DO_DOWNLOAD_RANGES_INFO | null): Promise<void> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    const reader = this.#reader;
    reader?.assertWhole((await this.#read()).bytesTransferred);
    const pending = { settled: false };
    const began = reader !== undefined && !reader.running;
    if (began && ranges !== null && ranges !== undefined) reader.startOver();
    if (began) reader.begin(pending);
    try {
      const body = carriedRanges(ranges);
      await this.#change(() =>
        rest.call('startDownload', { params: { id: this.#id }, body, signal }),
      );
    } catch (error) {
      if (began) reader.stop();
      throw error;
    } finally {
      pending.settled = true;
    }
    // A start that waits for the end waits for the last byte to be in the stream.
    if (this.#state === DODownloadState.Transferred) await this.#delivered();
  }

  async pause(): Promise<void> {
    await this.#act('pauseDownload');
  }

  async abort(): Promise<void> {
    await this.#end('abortDownload', DODownloadState.Aborted);
    this.#reader?.stop();
    this.#remote.streams.delete(this.#id);
  }

  async finalize(): Promise<void> {
    await this.#delivered();
    await this.#end('finalizeDownload', DODownloadState.Finalized);
    this.#remote.streams.delete(this.#id);
  }

  async getStatus(): Promise<DO_DOWNLOAD_STATUS> {
    const { bytesTotal, bytesTransferred, error, extendedError } = await this.#read();
    const status = {
      bytesTotal,
      bytesTransferred,
      state: this.#state,
      error: toUnsigned(error),
      extendedError: toUnsigned(extendedError),
    };
    if (status.state !== DODownloadState.Transferred) return status;
    // The service has sent everything; the download is transferred once the stream has it.
    const failure = this.#reader?.failure;
    if (failure !== undefined)
      return { ...status, state: DODownloadState.Paused, error: failure.hresult };
    return this.#reader?.running === true
      ? { ...status, state: DODownloadState.Transferring }
      : status;
  }

  async getProperty(id: DODownloadProperty): Promise<ReadableValue> {
    const { rest, signal } = this.#remote;
    const row = readableProperty(id);
    signal.throwIfAborted();
    if (id === DODownloadProperty.Id) return this.#id;
    if (id === DODownloadProperty.CallbackInterface)
      return this.#remote.statusCallbacks.of(this.#id) ?? notSet(row.name);
    if (id === DODownloadProperty.StreamInterface) return this.#reader?.stream ?? notSet(row.name);
    try {
      const params = { id: this.#id, property: id };
      const value = valueOf(await rest.call('getDownloadProperty', { params, signal }));
      this.#properties.set(id, value);
      return value;
    } catch (error) {
      if (!isOver(error)) throw error;
      return (await this.#lastValue(id)) ?? row.fallback ?? notSet(row.name);
    }
  }

  async setProperty(id: DODownloadProperty, value: DownloadPropertyValue): Promise<void> {
    this.#remote.signal.throwIfAborted();
    switch (id) {
      case DODownloadProperty.CallbackInterface:
        await this.#setCallback(value);
        return;
      case DODownloadProperty.StreamInterface:
        await this.#setStream(value);
        return;
      default:
        await this.#put(id, carriedValue(value));
        if (id === DODownloadProperty.CallbackFreqSeconds) this.#secondsSet = true;
        if (typeof value !== 'object') this.#properties.set(id, value);
        this.#remote.statusCallbacks.changed(this.#id);
    }
  }

  /** The same for every object of the download. */
  get #reader(): ContentStream | undefined {
    return this.#remote.streams.get(this.#id);
  }

  get #state(): DODownloadState {
    return downloadStateOf(this.#last.state);
  }

  async #setCallback(value: DownloadPropertyValue): Promise<void> {
    await this.#read();
    const row = settableProperty(DODownloadProperty.CallbackInterface, this.#state);
    const callback = checkPropertyValue(row, value).value as IDODownloadStatusCallback | null;
    await this.#remote.statusCallbacks.register(
      {
        id: this.#id,
        owner: this.#remote.caller,
        download: this,
        status: () => this.getStatus(),
        frequency: () => this.#frequency(),
      },
      callback,
    );
  }

  async #setStream(value: DownloadPropertyValue): Promise<void> {
    await this.#read();
    const row = settableProperty(DODownloadProperty.StreamInterface, this.#state);
    const stream = checkPropertyValue(row, value).value as DownloadStream | null;
    if (stream !== null && this.#reader !== undefined && this.#reader.stream !== stream) {
      throw new DeliveryOptimizationError(
        'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
        `Download ${this.#id} goes to another stream already.`,
      );
    }
    await this.#put(DODownloadProperty.StreamInterface, {
      type: stream === null ? 'null' : 'stream',
    });
    const { streams } = this.#remote;
    if (stream === null) streams.delete(this.#id);
    else if (!streams.has(this.#id))
      streams.set(this.#id, new ContentReader(this.#remote, this.#id, stream));
  }

  /** Of a download that has ended: what was heard of it, or what its job still shows. */
  async #lastValue(id: DODownloadProperty): Promise<ReadableValue | undefined> {
    const known = this.#properties.get(id);
    if (known !== undefined || !OF_THE_JOB.includes(id)) return known;
    const { rest, signal } = this.#remote;
    const { priority, noProgressTimeoutSeconds } = await rest.call('getJob', {
      params: { id: this.#id },
      signal,
    });
    const foreground = priority === 'foreground';
    switch (id) {
      case DODownloadProperty.NoProgressTimeoutSeconds:
        return noProgressTimeoutSeconds;
      case DODownloadProperty.ForegroundPriority:
        return foreground;
      default:
        return foreground ? DODownloadCostPolicy.Always : DODownloadCostPolicy.Standard;
    }
  }

  async #frequency(): Promise<CallbackFrequency> {
    const { CallbackFreqSeconds, CallbackFreqPercent } = DODownloadProperty;
    const percent = await this.#number(CallbackFreqPercent);
    const seconds = await this.#number(CallbackFreqSeconds);
    // The service shows its default where nothing was set, and that does not count beside a percentage.
    const unset = seconds === DEFAULT_CALLBACK_SECONDS && !this.#secondsSet;
    return callbackFrequency({
      ...NEW_DOWNLOAD,
      properties: {
        ...(percent === undefined ? {} : { [CallbackFreqPercent]: percent }),
        ...(seconds === undefined || unset ? {} : { [CallbackFreqSeconds]: seconds }),
      },
    });
  }

  async #number(id: DODownloadProperty): Promise<number | undefined> {
    try {
      const value = await this.getProperty(id);
      return typeof value === 'number' ? value : undefined;
    } catch (error) {
      if (isDeliveryOptimizationError(error) && error.code === 'E_NOT_SET') return undefined;
      throw error;
    }
  }

  async #put(id: number, body: PropertyValueResource): Promise<void> {
    const { rest, signal } = this.#remote;
    // What is no number cannot be in a path, and is no property either.
    const property = Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff ? id : 0xffff_ffff;
    const params = { id: this.#id, property };
    try {
      await this.#change(() => rest.call('setDownloadProperty', { params, body, signal }));
    } catch (error) {
      if (!isOver(error)) throw error;
      // Of a download that has ended the service says just that; the id and its access come first.
      if (isFinal(downloadStateOf((await this.#read()).state))) settableProperty(id, this.#state);
      throw error;
    }
  }

  async #read(): Promise<DownloadResource> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    if (isFinal(this.#state)) return this.#last;
    return this.#note(await rest.call('getDownload', { params: { id: this.#id }, signal }));
  }

  #note(resource: DownloadResource): DownloadResource {
    if (!isFinal(this.#state)) this.#last = resource;
    return this.#last;
  }

  async #act(route: 'pauseDownload' | 'abortDownload' | 'finalizeDownload'): Promise<void> {
    const { rest, signal } = this.#remote;
    await this.#change(() => rest.call(route, { params: { id: this.#id }, signal }));
  }

  /** Ends the download; saying so twice is no error (J-21). */
  async #end(route: 'abortDownload' | 'finalizeDownload', end: DODownloadState): Promise<void> {
    try {
      await this.#act(route);
    } catch (error) {
      if (!isOver(error)) throw error;
      await this.#read();
      if (this.#state !== end) throw error;
    }
  }

  /** Runs a call that changes the download; one that is over and forgotten refuses it all the same. */
  async #change(task: () => Promise<DownloadResource>): Promise<void> {
    this.#remote.signal.throwIfAborted();
    try {
      this.#note(await task());
    } catch (error) {
      if (!isUnknownJob(error) || !isFinal(this.#state)) throw error;
      throw new DeliveryOptimizationError(
        'DO_E_INVALID_STATE',
        `Download ${this.#id} is ${downloadStateName(this.#state)}.`,
        { cause: error },
      );
    }
  }

  /** Resolves once the stream has everything; rejects with what it refused. */
  async #delivered(): Promise<void> {
    const reader = this.#reader;
    if (reader === undefined || this.#state !== DODownloadState.Transferred) return;
    await reader.ended;
    if (reader.failure !== undefined) throw reader.failure;
  }
}

function isFinal(state: DODownloadState): boolean {
  return state === DODownloadState.Finalized || state === DODownloadState.Aborted;
}

/** Whether the service says that the download has ended, or knows it no more. */
function isOver(error: unknown): boolean {
  return (
    isUnknownJob(error) ||
    (isDeliveryOptimizationError(error) && error.code === 'DO_E_INVALID_STATE')
  );
}

function notSet(name: string): never {
  throw new DeliveryOptimizationError('E_NOT_SET', `${name} has not been set.`);
}

function valueOf(resource: PropertyValueResource): ReadableValue {
  switch (resource.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return resource.value;
    case 'bytes':
    case 'stream':
    case 'null':
      return null;
  }
}

/** The value with its kind; what JSON cannot carry becomes null, which no such property takes. */
function carriedValue(value: unknown): PropertyValueResource {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value: value.slice(0, MAX_TEXT) };
    case 'number':
      return Number.isFinite(value) ? { type: 'number', value } : { type: 'null' };
    case 'boolean':
      return { type: 'boolean', value };
    default:
      return value instanceof Uint8Array
        ? { type: 'bytes', value: base64Of(value.subarray(0, MAX_BYTES)) }
        : { type: 'null' };
  }
}

/** Bytes whose base64 the contract takes; more than the engine takes, so that it says so. */
const MAX_BYTES = 98_304;

function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** An offset of -1 is no part of any file, and a length of 0 none either. */
function carriedRanges(wanted: unknown): Body<'startDownload'> {
  if (wanted === undefined) return {};
  if (wanted === null) return { ranges: null };
  const { ranges } = wanted as { ranges?: unknown };
  if (!Array.isArray(ranges)) throw notRanges();
  return {
    ranges: ranges.slice(0, MAX_RANGES).map((range: unknown) => {
      const { offset, length } = (range ?? {}) as { offset?: unknown; length?: unknown };
      if (typeof offset !== 'number' || typeof length !== 'number') throw notRanges();
      return {
        offset: carriedNumber(offset),
        length: length === DO_LENGTH_TO_EOF ? null : carriedNumber(length),
      };
    }),
  };
}

function notRanges(): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_INVALIDARG',
    'start takes { ranges: [{ offset, length }] }, an empty list for the whole file, or null.',
  );
}
