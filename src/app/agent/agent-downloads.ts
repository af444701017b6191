/** The states that clients of the agent know, spelled as they go over the wire. */
export type AgentState =
  'Created' | 'Transferring' | 'Transferred' | 'Finalized' | 'Aborted' | 'Paused';

/** The properties of a download, spelled as they go over the wire. */
export type AgentProperty = 'Id' | 'Uri' | 'DownloadFilePath' | 'NoProgressTimeoutSeconds';

export interface AgentStatus {
  readonly state: AgentState;
  /** Bytes; 0 until the size is known. */
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
  /** Result code, of either sign: what stopped the download or what it is retrying after; 0 for none. */
  readonly error: number;
  /** Result code, of either sign: detail; alone, with Paused, the engine pauses and goes on by itself. */
  readonly extendedError: number;
}

/**
 * What the listener asks of the download engine.
 *
 * Every method throws a `DeliveryOptimizationError`, whose number is what the client is told;
 * E_NOT_SET for an id that is unknown, or was finalized or aborted.
 */
export interface AgentDownloads {
  /**
   * A new download in state Created, which a restart does not forget.
   *
   * @param uri - http or https; INET_E_INVALID_URL otherwise. May be set later
   * @param path - the file to make. May be set later
   * @returns its id, a UUID in lower case
   */
  create(uri: string | undefined, path: string | undefined): Promise<string>;
  /** Starts or resumes. Once it has resolved, an empty file stands at the path. */
  start(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  /** Ends a Transferred download; its file stays. DO_E_INVALID_STATE in any other state. */
  finalize(id: string): Promise<void>;
  /** Ends a download in any state and deletes the file, if this download created it. */
  abort(id: string): Promise<void>;
  /** Transferred is reported once the whole content stands at the path, and not before. */
  status(id: string): Promise<AgentStatus>;
  getProperty(id: string, key: AgentProperty): Promise<string>;
  /** DO_E_READ_ONLY_PROPERTY for the id; DO_E_INVALID_STATE where the state does not allow it. */
  setProperty(id: string, key: AgentProperty, value: string): Promise<void>;
}
