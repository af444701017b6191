import { dirname, basename } from 'node:path';

/** One file to fetch. */
export interface Fetch {
  readonly url: string;
  /** Absolute path of a file that does not exist. */
  readonly target: string;
  /** The authority to trust, in PEM; absent for http. */
  readonly caFile?: string | undefined;
}

/** The words of a command that fetches one file and reads nobody's settings. */
export type Peer = (fetch: Fetch) => readonly string[];

export const curl: Peer = ({ url, target, caFile }) => [
  'curl',
  '-q',
  '-sS',
  '--fail',
  ...(caFile === undefined ? [] : ['--cacert', caFile]),
  '-o',
  target,
  url,
];

/** What somebody does who wants to be sure: fetches, then reads the file again. */
export function curlThenSha256sum(sha256: string): Peer {
  return (fetch) => {
    const check = 'printf "%s  %s\\n" "$1" "$2" | sha256sum --check --status';
    return [
      'bash',
      '-c',
      `sum=$1 file=$2; shift 2; "$@" && set -- "$sum" "$file" && ${check}`,
      'bash',
      sha256,
      fetch.target,
      ...curl(fetch),
    ];
  };
}

/**
 * @param sha256 - what the file must have, in hexadecimal
 * @returns aria2c with so many connections; without allocating the file first, which is faster here
 */
export function aria2c(connections: number, sha256?: string): Peer {
  return ({ url, target, caFile }) => [
    'aria2c',
    '--no-conf',
    '-q',
    `-x${connections}`,
    `-s${connections}`,
    '--file-allocation=none',
    ...(caFile === undefined ? [] : [`--ca-certificate=${caFile}`]),
    ...(sha256 === undefined ? [] : [`--checksum=sha-256=${sha256}`]),
    '-d',
    dirname(target),
    '-o',
    basename(target),
    url,
  ];
}

export const wget: Peer = ({ url, target, caFile }) => [
  'wget',
  '--no-config',
  '-q',
  ...(caFile === undefined ? [] : ['--ca-certificate', caFile]),
  '-O',
  target,
  url,
];

/** It has no option for an authority, but OpenSSL's variable works. */
export function axel(connections: number): Peer {
  return ({ url, target, caFile }) => [
    'env',
    ...(caFile === undefined ? [] : [`SSL_CERT_FILE=${caFile}`]),
    'axel',
    '-q',
    '-n',
    String(connections),
    '-o',
    target,
    url,
  ];
}
