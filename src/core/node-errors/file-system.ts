import type { NodeErrorMeaning, NodeErrorTable } from './meaning.ts';

const NO_PERMISSION: NodeErrorMeaning = {
  code: 'E_ACCESSDENIED',
  failureClass: 'fatal',
  reason: 'permission is missing',
  advice: 'Check the rights of the user the engine runs as.',
};

const IN_USE: NodeErrorMeaning = {
  code: 'ERROR_SHARING_VIOLATION',
  failureClass: 'transient',
  reason: 'the file is in use by another program',
  advice: 'Close that program, then try again.',
};

/** What `ENOENT` means where a directory was looked for. */
export const NO_DIRECTORY: NodeErrorMeaning = {
  code: 'ERROR_PATH_NOT_FOUND',
  failureClass: 'fatal',
  reason: 'the directory does not exist',
  advice: 'Create it, then try again.',
};

/** Codes of file operations (errors.md 7). `ENOENT` is the one of a missing file. */
export const FILE_SYSTEM_ERRORS: NodeErrorTable = {
  ENOENT: {
    code: 'ERROR_FILE_NOT_FOUND',
    failureClass: 'fatal',
    reason: 'the file or its directory does not exist',
    advice: 'Check the path.',
  },
  ENOTDIR: NO_DIRECTORY,
  EISDIR: {
    code: 'E_ACCESSDENIED',
    failureClass: 'fatal',
    reason: 'the path is a directory',
    advice: 'Give the path of a file.',
  },
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EEXIST: {
    code: 'ERROR_FILE_EXISTS',
    failureClass: 'call',
    reason: 'the file exists already',
    advice: 'Remove it or choose another name.',
  },
  ENOSPC: {
    code: 'ERROR_DISK_FULL',
    failureClass: 'fatal',
    reason: 'the disk is full',
    advice: 'Free some space, then resume the job.',
  },
  EDQUOT: {
    code: 'ERROR_DISK_QUOTA_EXCEEDED',
    failureClass: 'fatal',
    reason: 'the disk quota is used up',
    advice: 'Free some space, then resume the job.',
  },
  ENAMETOOLONG: {
    code: 'ERROR_FILENAME_EXCED_RANGE',
    failureClass: 'call',
    reason: 'the name is too long',
    advice: 'Choose a shorter one.',
  },
  ERR_INVALID_ARG_VALUE: {
    code: 'ERROR_INVALID_NAME',
    failureClass: 'call',
    reason: 'the name is not allowed on this platform',
    advice: 'Choose another name.',
  },
  EROFS: {
    code: 'ERROR_WRITE_PROTECT',
    failureClass: 'fatal',
    reason: 'the medium is read-only',
    advice: 'Choose another directory.',
  },
  EBUSY: IN_USE,
  ETXTBSY: IN_USE,
  EFBIG: {
    code: 'ERROR_FILE_TOO_LARGE',
    failureClass: 'fatal',
    reason: 'the file is too large for the file system',
    advice: 'Choose a directory on another file system.',
  },
  // Publishing copies within the target directory instead, so this tells of a bug when it surfaces.
  EXDEV: {
    code: 'ERROR_NOT_SAME_DEVICE',
    failureClass: 'fatal',
    reason: 'the two paths are on different volumes',
  },
};
