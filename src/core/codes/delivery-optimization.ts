/** Codes of jobs, downloads and HTTP ranges (errors.md 1.1, 1.2 and 1.3). */
export const DELIVERY_OPTIMIZATION_CODES = {
  // Service and downloads (1.1).
  DO_E_NO_SERVICE: [0x80d01001, 'call', 'The download engine is not running or cannot be reached.'],
  DO_E_DOWNLOAD_NO_PROGRESS: [
    0x80d02002,
    'fatal',
    'The file made no progress for longer than the job allows.',
  ],
  DO_E_JOB_NOT_FOUND: [
    0x80d02003,
    'call',
    'No job has this id; it may have been completed, cancelled or expired.',
  ],
  DO_E_JOB_EMPTY: [0x80d02004, 'call', 'The job holds no file; add one first.'],
  DO_E_NO_DOWNLOADS: [0x80d02005, 'call', 'No download matches.'],
  DO_E_MEMORYSTREAM_DOWNLOAD_NOT_SUPPORTED: [
    0x80d0200b,
    'call',
    'Downloading into memory is not supported; give a file.',
  ],
  DO_E_JOB_TOO_OLD: [
    0x80d0200c,
    'fatal',
    'The job was neither completed nor cancelled within its maximum age.',
  ],
  DO_E_LOCALPATH_NOT_SET: [
    0x80d0200d,
    'call',
    'A file has no local path yet; set one before starting.',
  ],
  DO_E_FILE_NOT_AVAILABLE: [0x80d02010, 'call', 'The error does not belong to a single file.'],
  DO_E_UNKNOWN_PROPERTY_ID: [0x80d02011, 'call', 'The property id is not known.'],
  DO_E_READ_ONLY_PROPERTY: [0x80d02012, 'call', 'The property can be read but not set.'],
  DO_E_INVALID_STATE: [0x80d02013, 'call', 'The call is not allowed in the present state.'],
  DO_E_ERROR_INFORMATION_UNAVAILABLE: [0x80d02014, 'call', 'There is no error to report.'],
  DO_E_WRITE_ONLY_PROPERTY: [0x80d02015, 'call', 'The property can be set but not read.'],
  DO_E_INTEGRITYCHECKINFO_UNSPECIFIED: [
    0x80d02016,
    'call',
    'An integrity check is demanded but no integrity data is given.',
  ],
  DO_E_INTEGRITYCHECKINFO_UNAVAILABLE: [
    0x80d02017,
    'fatal',
    'The data for the mandatory integrity check could not be obtained.',
  ],
  DO_E_FILE_DOWNLOADSINK_UNSPECIFIED: [
    0x80d02018,
    'call',
    'Neither a target file nor an output stream is set.',
  ],
  DO_E_FILE_DOWNLOADSINK_ALREADY_SET: [0x80d02019, 'call', 'A different target is set already.'],
  DO_E_FILE_SIZE_UNKNOWN_HTTP_200: [
    0x80d0201a,
    'fatal',
    'The server sent the whole file without telling its size.',
  ],
  DO_E_FILE_ENCRYPTION_EXPECTED: [
    0x80d0201b,
    'fatal',
    'The content should be encrypted but is not.',
  ],
  DO_E_FILE_SIZE_UNKNOWN_HTTP_206: [
    0x80d0201c,
    'fatal',
    'The server sent a part of the file without telling the total size.',
  ],
  DO_E_FILE_SIZE_UNKNOWN_HTTP_2XX: [
    0x80d0201d,
    'fatal',
    'The server answered the size probe with an unusual success and no size.',
  ],
  DO_E_NETWORK_ACCESS_CONSENT_NEEDED: [
    0x80d0201e,
    'call',
    'The user has to allow network access first.',
  ],
  DO_E_DOWNLOAD_NO_URI: [0x80d02200, 'call', 'The download has no URL.'],
  DO_E_DOWNLOAD_NO_CONTENT_ID: [0x80d02201, 'call', 'The download needs a content id.'],
  DO_E_INVALID_CONTENT_ID: [0x80d02202, 'call', 'The content id is malformed.'],
  DO_E_DOWNLOAD_RANGES_UNEXPECTED: [
    0x80d02203,
    'call',
    'Ranges are given to a download that takes none.',
  ],
  DO_E_DOWNLOAD_RANGES_EXPECTED: [
    0x80d02204,
    'call',
    'The download needs ranges and none are given.',
  ],
  DO_E_NO_DOWNLOAD_PARTICIPATION: [
    0x80d03001,
    'unused',
    'The cloud settings keep this download out of the service.',
  ],
  DO_E_NO_DOWNLOAD_EXTSETTINGS: [
    0x80d03002,
    'fatal',
    'The settings of the user or administrator forbid this download.',
  ],

  // Transient zone (1.2).
  DO_E_BLOCKED_BY_COST_TRANSFER_POLICY: [
    0x80d03801,
    'policy',
    'Waiting for a network that the cost policy of the job allows.',
  ],
  DO_E_DOWNLOADMODE_SET_BY_CP: [0x80d03802, 'info', 'The cloud service chose the download mode.'],
  DO_E_BLOCKED_BY_CELLULAR_POLICY: [
    0x80d03803,
    'policy',
    'Waiting because cellular links are not allowed.',
  ],
  DO_E_BLOCKED_BY_POWER_STATE: [0x80d03804, 'policy', 'Waiting for mains power.'],
  DO_E_BLOCKED_BY_NO_NETWORK: [0x80d03805, 'policy', 'Waiting for a network connection.'],
  DO_E_DOWNLOADMODE_SET_BY_POLICY: [0x80d03806, 'info', 'A local policy chose the download mode.'],
  DO_E_BLOCKED_BY_VPN_POLICY: [0x80d03807, 'policy', 'Waiting because a VPN is active.'],
  DO_E_BLOCKED_BY_CRITICAL_MEMORY_USAGE: [
    0x80d03808,
    'policy',
    'Waiting because memory is critically low.',
  ],
  DO_E_DOWNLOADMODE_SET_BY_CACHE_ABSENCE: [
    0x80d03809,
    'info',
    'Simple mode is used because there is no cache.',
  ],
  DO_E_CLOUD_SERVICES_UNREACHABLE: [
    0x80d0380a,
    'info',
    'Simple mode is used because the metadata service is unreachable.',
  ],
  DO_E_DOWNLOADMODE_SET_FOR_UNREG_CALLER: [
    0x80d0380b,
    'info',
    'Simple mode is used because the caller is not registered.',
  ],
  DO_E_DOWNLOADMODE_SET_FOR_SIMPLE_RANGES: [
    0x80d0380c,
    'info',
    'Simple mode is used because of the requested ranges.',
  ],
  DO_E_UNEXPECTED_HTTP_STATUS_2XX: [
    0x80d0380d,
    'transient',
    'The server reported success but sent no usable content.',
  ],

  // HTTP and ranges (1.3).
  DO_E_HTTP_BLOCKSIZE_MISMATCH: [
    0x80d05001,
    'transient',
    'The server sent a different amount of data than was asked for.',
  ],
  DO_E_HTTP_CERT_VALIDATION: [0x80d05002, 'fatal', 'The certificate of the server was refused.'],
  DO_E_INVALID_RANGE: [
    0x80d05010,
    'call',
    'A byte range is not acceptable or lies outside the file.',
  ],
  DO_E_INSUFFICIENT_RANGE_SUPPORT: [
    0x80d05011,
    'fatal',
    'The server cannot send parts of the file.',
  ],
  DO_E_OVERLAPPING_RANGES: [0x80d05012, 'call', 'Two byte ranges overlap.'],
} as const;
